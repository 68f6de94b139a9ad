/*
Package feed is the view that publishes reviews as feeds: RSS 2.0, Atom (RFC
4287) and JSON Feed 1.1, all three from one model of an entry, so that an entry
has the same id, title, link, dates and text in each.

A feed sink makes one feed of all its reviews, feeds/NAME.rss, .atom and .json,
or with per: film one for each film, feeds/NAME/SLUG.rss and so on. The engine
says which reviews are in, by the sink's filter; the newest stand first.

What a reader can rely on:

  - An entry's id is the review's feed id, fixed at first sight. Published never
    moves, updated moves with a material change, and a feed is as new as its
    newest entry: rendering knows no clock, so the same reviews are the same bytes.
  - A feed without entries is valid too: RSS leaves lastBuildDate out, Atom, which
    must have a date, says 1990-01-01 (validators call anything before it
    implausible). A film's feed that has lost its last entry is removed.
  - An entry links to its review. One without an address of its own is linked to its
    place on the film's page, where another view makes one, else to the site.
  - How much of the text is passed on follows the review's rights: full text and
    summary, summary alone, or neither. Where there is no text to show, the
    summary states who reviewed what and the rating, since Atom and JSON Feed ask
    for some text.
  - A rating that was lost or not found adds nothing to a title and is never a
    zero: the _review object of the JSON Feed says which it was.

The state holds places, not texts: for each feed the order of its reviews with
their positions on the log, for each review where it stands. Rendered entries
are kept in memory, up to a bound, and made again from the log when they are
missed. A changed feed is joined from them once per batch.

The package writes documents only: serving them, compressing them and telling
hubs of them is for others. Enclosures are not written, because a review's media
have no length and RSS demands one.
*/
package feed
