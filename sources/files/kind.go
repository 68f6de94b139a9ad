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
	kindExport // a table, or an archive with tables: what other services hand out
	kindXML    // an export of WordPress, if it is one
)

const extensions = ".md, .markdown, .html, .htm, .txt, .text, .json, .ndjson, .jsonl, .csv, .xml, .csv.gz, .xml.gz, .zip"

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
		case ".md", ".markdown":
			return kindMarkdown, true
		case ".html", ".htm":
			return kindPage, true
		case ".txt", ".text":
			return kindText, true
		case ".json":
			return kindJSON, true
		case ".ndjson", ".jsonl":
			return kindNDJSON, true
		case ".csv", ".zip":
			return kindExport, true
		case ".xml", ".wxr":
			return kindXML, true
		case ".gz":
			if inner, ok := kindOf(path[:dot]); ok && (inner == kindXML || inner == kindExport) {
				return inner, !strings.EqualFold(path[max(0, dot-len(".zip")):dot], ".zip")
			}
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
