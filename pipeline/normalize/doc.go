// Package normalize understands documents: it turns the bytes a source found
// into a review, and shows its work.
//
// One file per thing found in a page. The forms: [Normalize] reads an HTML
// fragment (clean), a whole page (page, jsonld), Markdown (markdown,
// frontmatter, matterform, toml, template, wikilink) or plain text (text); each ends in a body, which is sanitised
// HTML, plain text and the runs both consist of. In them it finds the film
// (title, headline, year, filmids, customfields), and in one walk over their lines the critic
// and the date (dateline), what was made where (facts), the credits and the
// rating; it takes out what the site put there (boilerplate), names what was
// damaged on the way (damage), and makes a summary.
//
// Three rules. Nothing is invented: every digit of a rating stands in the
// document, a name that did not survive is lost and not guessed. What is stated
// wins over what is read: the source's own fields, then the document's (front
// matter, JSON-LD), then its title and text, then the operator's defaults. And
// two signs that disagree are a warning.
//
// The package is pure: no clock, no input or output, the same review for the
// same document. It decides nothing about which film a review is of beyond its
// title, year and ids (that is pipeline/films), and nothing about a rating
// without a scale (that is for whoever sees the critic's other ratings).
package normalize

// Version names what is understood and how. It goes into source.parser, so that
// a document is read again when the understanding changes.
const Version = "normalize/4"
