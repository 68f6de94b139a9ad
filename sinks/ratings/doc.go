// Package ratings is the view that makes one honest rating of each film: the mean,
// a ranked score, the share of positive reviews, and every review behind them with
// the reason why it counts or not. It stands in films/<film>.json for machines, and
// in films/<film>.html for people: one file without scripts and with nothing
// fetched from elsewhere, which says the same, what each review says in short, and
// where the film's feeds are. Each review has an anchor there, so that one without
// an address of its own can be linked to.
//
// Everything in a document is a function of the latest event of each live review
// of the film, and of the view's settings. The order in which events came leaves
// no trace, so following the log and replaying it give the same bytes.
//
// films/index.html and its like list all films, by rating, by date and by title:
// see [index].
//
// # What counts
//
// Only a scored rating has a number. Several scores by one critic for one film come
// to one vote: the latest or the first by date, or their mean, as the settings say;
// a review whose critic is not known is a voice of its own. A critic's text that
// came out at two outlets is one review: see fingerprint and findRepeats. A verdict,
// a missing, lost, ambiguous or invalid rating is listed and counted as such, and
// changes no number.
//
// # How it is computed
//
// Norms have one decimal place, so votes are summed as whole tenths, and those that
// are the mean of two, three ... scores apart, as sums of so many: the total is
// exact, and in no order. What is printed is rounded once, a tie to the even
// neighbour. The formulas and their sources stand at [tally.ranked],
// [tally.deviation] and [wilson]. Square roots are taken in integers to thirty
// digits: every machine prints the same.
//
// # What it costs
//
// An event reads the rows of its own film and writes that film's two documents once
// per batch, and of each list the pages the film stands on and has left, at most a
// hundred films each, however many films there are. What the documents show of a
// review is rendered once and stands in its row; a film's documents are these put
// together.
package ratings
