package files

import (
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// kind is what a file holds, by its extension.
type kind int

const (
	kindMarkdown kind = iota
	kindPage
	kindText
	kindJSON   // one document, or an array of them
	kindNDJSON // one document a line
	kindExport // a table: what other services hand out
	kindXML    // an export of WordPress, if it is one
	kindPacked // an archive, or a compressed file of another kind
)

const extensions = ".md, .mdx, .markdown, .html, .htm, .txt, .text, .json, .ndjson, .jsonl, .csv, .xml, those with .gz behind, .zip"

// kindOf goes by the extension, in whatever case.
func kindOf(path string) (kind, bool) {
	dot := strings.LastIndexByte(path, '.')
	if dot < 0 || strings.ContainsAny(path[dot:], `/\`) {
		return 0, false
	}
	switch ext := path[dot:]; ext {
	case ".md": // most files, spared the lower case
		return kindMarkdown, true
	default:
		switch strings.ToLower(ext) {
		case ".md", ".mdx", ".markdown", ".mdown", ".mkd":
			return kindMarkdown, true
		case ".html", ".htm", ".xhtml":
			return kindPage, true
		case ".txt", ".text":
			return kindText, true
		case ".json":
			return kindJSON, true
		case ".ndjson", ".jsonl":
			return kindNDJSON, true
		case ".csv":
			return kindExport, true
		case ".xml", ".wxr":
			return kindXML, true
		case ".zip":
			return kindPacked, true
		case ".gz":
			inner, ok := kindOf(path[:dot])
			if inner == kindXML {
				return kindXML, ok
			}
			return kindPacked, ok && inner != kindPacked
		}
	}
	return 0, false
}

// form is the form of a one-document file's body.
func (k kind) form() review.Form {
	switch k {
	case kindMarkdown:
		return review.FormMarkdown
	case kindPage:
		return review.FormPage
	}
	return review.FormText
}
