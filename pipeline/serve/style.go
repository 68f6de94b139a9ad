package serve

import (
	"html/template"
	"time"
)

// pageTemplates are the pages the server makes itself. They escape whatever they
// are given, and need nothing from elsewhere.
func pageTemplates() (*template.Template, error) {
	return template.New("").Funcs(template.FuncMap{
		"day":     func(t time.Time) string { return t.Format("2 January 2006") },
		"machine": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
	}).Parse(pageText)
}

const pageText = `{{define "subscription"}}<!DOCTYPE html>
<html{{with .Language}} lang="{{.}}"{{end}}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{.Title}}</title>
<style>{{.Style}}</style>
</head>
<body>
<main>
<header>
<p class="kind" lang="en">{{.Format}} feed</p>
<h1>{{.Title}}</h1>
{{with .Description}}<p>{{.}}</p>
{{end}}<section class="how" lang="en">
<p>This is the address of a feed. To have new reviews come to you, copy it into a feed reader:</p>
<p><code>{{.Address}}</code></p>
{{with .Home}}<p><a href="{{.}}">To the site</a></p>
{{end}}</section>
</header>
{{range .Entries}}<article>
<h2>{{with .Link}}<a href="{{.}}" rel="noopener">{{end}}{{or .Title "Untitled"}}{{if .Link}}</a>{{end}}</h2>
<p class="by">{{with .Rating}}<b>{{.}}</b> {{end}}{{with .Author}}<span>{{.}}</span> {{end}}{{if not .Date.IsZero}}<time datetime="{{machine .Date}}">{{day .Date}}</time>{{end}}</p>
{{with .Summary}}<p>{{.}}</p>
{{end}}</article>
{{else}}<p lang="en">There is nothing in it yet.</p>
{{end}}</main>
</body>
</html>
{{end}}{{define "fault"}}<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{{.Status}} {{.Name}}</title>
<style>{{.Style}}</style>
</head>
<body>
<main>
<p class="kind">{{.Status}}</p>
<h1>{{.Name}}</h1>
<p>{{.Text}}</p>
<p><a href="/">To the front page{{with .Site}} of {{.}}{{end}}</a></p>
</main>
</body>
</html>
{{end}}`

const pageStyle = `
:root { color-scheme: light dark; --text: #1c1b19; --soft: #65615a; --line: #dcd8d0; --ground: #fdfcfa; --panel: #f3f0ea; --link: #8a2b1c }
@media (prefers-color-scheme: dark) { :root { --text: #ece8e1; --soft: #a49e94; --line: #3b3833; --ground: #191816; --panel: #24221f; --link: #f0a392 } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--text); font: 1.05rem/1.55 Georgia, "Times New Roman", serif }
main { max-width: 42rem; margin: 0 auto; padding: 2rem 1rem 4rem; overflow-wrap: anywhere }
h1 { font-size: 1.9rem; line-height: 1.2; margin: .2rem 0 .6rem }
h2 { font-size: 1.2rem; line-height: 1.3; margin: 0 }
a { color: var(--link) }
h2 a { text-decoration: none }
h2 a:hover, h2 a:focus { text-decoration: underline }
p { margin: .4rem 0 }
.kind, .by, .how { font-family: system-ui, sans-serif; font-size: .9rem }
.kind, .by { color: var(--soft) }
.kind { text-transform: uppercase; letter-spacing: .08em }
.how { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: .6rem 1rem; margin: 1.2rem 0 }
code { display: block; padding: .5rem .7rem; background: var(--ground); border: 1px solid var(--line); border-radius: .3rem; font-size: .95rem; user-select: all }
.by b { color: var(--text); margin-right: .4em }
.by span::after { content: " ·"; color: var(--line) }
.by span:last-child::after { content: "" }
article { border-top: 1px solid var(--line); padding: 1.1rem 0 }
`
