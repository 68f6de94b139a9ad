/*
Package feed is the view that publishes reviews as feeds: RSS 2.0, Atom (RFC
4287) and JSON Feed 1.1, all three from one model of an entry, so that an entry
has the same id, title, link, dates and text in each.

A feed sink makes one feed of all its reviews, feeds/NAME.rss, .atom and .json,
or one for each film, critic, outlet or tag, feeds/NAME/KEY.rss and so on, with a
list of them. The engine says which reviews are in, by the sink's filter.

What a reader can rely on:

  - An entry's id is the review's feed id, fixed at first sight. Published never
    moves, updated moves with a material change, and a feed is as new as its
    newest entry: rendering knows no clock, so the same reviews are the same bytes.
  - What a feed does not show any more is in its archive pages (RFC 5005), back to
    the first review. A page that is full keeps its address and its bytes for as
    long as its reviews do: see shelf, and decision 0014.
  - A feed by date of publication leaves a fifth of its room to what was revised
    last, so that the edit of an old review shows.
  - A feed without entries is valid too: RSS leaves lastBuildDate out, Atom, which
    must have a date, says 1990-01-01 (validators call anything before it
    implausible). A film's feed that has lost its last entry is removed.
  - An entry links to its review. One without an address of its own is linked to its
    place on the film's page, where another view makes one, else to the site.
  - How much of the text is passed on follows the review's rights: full text, media
    and summary, summary alone, or neither. Where there is no text to show, the
    summary states who reviewed what and the rating, since Atom and JSON Feed ask
    for some text.
  - A rating that was lost or not found is never a zero: schema.org's elements and the
    _review object of the JSON Feed say which it was.
  - A medium's type and length are those its source states; RSS has an enclosure only
    where both are known.

The state holds places, not texts: for each feed the order of its reviews with
their positions on the log, for each review where it stands. Rendered entries
are kept in memory, up to a bound, and made again from the log when they are
missed. A document that has changed is joined from them once per batch.

The package writes documents only: serving them, compressing them and telling
hubs of them is for others.
*/
package feed
