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
// # What counts
//
// Only a scored rating has a number. Of several scores by one critic for one film
// one counts, the latest or the first by date, as the settings say; a review
// whose critic is not known is a voice of its own. (A critic's mean as the vote
// is not offered yet.) A verdict, a missing, lost, ambiguous or invalid rating
// is listed and counted as such, and changes no number.
//
// # How it is computed
//
// Norms have one decimal place. They are summed as whole tenths, so the mean is
// the exact mean of the norms, and it is rounded once, when it is printed: to two
// places, a tie to the even neighbour. The ranked score is
//
//	(sum + prior mean × prior weight) / (n + prior weight)
//
// in exact fractions, printed likewise. The positive share is that of norms of 60
// and above, with the score interval of E. B. Wilson, "Probable inference, the
// law of succession, and statistical inference", JASA 22 (1927), at z = 1.96
// (95 %), printed to three places. The square root in it is taken in integers to
// thirty digits: every machine prints the same.
//
// # What it costs
//
// An event reads and writes the rows of its own film and renders that film's two
// documents once per batch, however many films there are: with ten reviews, half a
// millisecond to one, most of it for the page. What a page shows of a review, its
// beginning too, stands in the review's row: that makes rows some 300 bytes longer,
// and each takes 5 µs more to read, where reading the review from the log again
// takes a hundred times as long. For the same reason
// there is no document that lists all films: with 100,000 films it would be ten
// megabytes, written anew for every review.
package ratings
