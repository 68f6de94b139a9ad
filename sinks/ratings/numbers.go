package ratings

import (
	"strconv"

	"github.com/filmwire/filmwire/pipeline/review"
)

// rating is the part of a film's page with its numbers.
func (m *markup) rating(p *page) {
	m.fill("<section aria-labelledby=\"rating\">\n<h2 id=\"rating\">Rating</h2>\n")
	if p.N == 0 {
		m.fill("<p class=\"few\">No rating: no review of this film has a score.</p>\n")
	} else {
		if p.TooFew {
			m.fill("<p class=\"few\">Too few: the numbers stand on {}, and mean little.</p>\n", p.Scores)
		}
		m.numbers(p)
		m.histogram(p.Histogram)
	}
	m.fill("<p class=\"quiet\">{}: {}.</p>\n</section>\n", p.Listed, kinds(&p.Counts))
}

func (m *markup) numbers(p *page) {
	m.fill("<dl class=\"numbers\">\n<div><dt>Mean</dt><dd><span class=\"value mean\">{}</span> of 100, from {}, one for each critic.", p.Mean.String(), p.Scores)
	if p.Own.n > 0 && p.Own.n < p.N {
		m.fill(" {}’s own: {}, from {}.", p.Site.Title, review.Round(p.Own.mean(), places).String(), count(p.Own.n, "score", "scores"))
	}
	m.fill("</dd></div>\n<div><dt>Positive</dt><dd><span class=\"value\">{}</span> scored 60 or more. Judging by {}, the share among all critics is somewhere between {} and {}, at 95\u00a0% confidence.</dd></div>\n",
		percent(p.Positive.Share), p.Scores, percent(p.Positive.Low), percent(p.Positive.High))
	if !p.Spread.IsZero() {
		m.fill("<div><dt>Spread</dt><dd><span class=\"value\">{}</span> The scores go from {} to {}; the more the critics differ, the larger this number is (their standard deviation).</dd></div>\n",
			p.Spread.String(), p.Min.String(), p.Max.String())
	}
	m.fill("<div><dt>Ranked</dt><dd><span class=\"value\">{}</span> of 100, to sort films by: the mean, drawn towards a prior of {} that weighs as much as {} scores.</dd></div>\n</dl>\n",
		p.Ranked.String(), p.Prior.Mean.String(), p.Prior.Weight.String())
}

// histogram draws how the scores are spread, and says it in words too.
func (m *markup) histogram(h [10]int) {
	m.fill("<figure>\n<svg role=\"img\" aria-label=\"How the scores are spread from 0 to 100: {}.\" viewBox=\"0 0 320 102\">\n<line x1=\"0\" y1=\"84.5\" x2=\"320\" y2=\"84.5\"/>\n", spread(h))
	for _, b := range bars(h) {
		if b.Height > 0 {
			m.fill("<rect x=\"{}\" y=\"{}\" width=\"28\" height=\"{}\"/>", strconv.Itoa(b.X), strconv.Itoa(b.Y), strconv.Itoa(b.Height))
			m.fill("<text x=\"{}\" y=\"{}\" dy=\"-4\" text-anchor=\"middle\">{}</text>\n", strconv.Itoa(b.Middle), strconv.Itoa(b.Y), b.Label)
		}
	}
	m.fill("<text x=\"0\" y=\"98\">0</text><text x=\"160\" y=\"98\" text-anchor=\"middle\">50</text><text x=\"320\" y=\"98\" text-anchor=\"end\">100</text>\n</svg>\n<figcaption class=\"quiet\">How many scores there are in each tenth of the scale.</figcaption>\n</figure>\n")
}
