package normalize

import (
	"net/url"
	"path"
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// imageRatings reads ratings that were drawn: a row of star pictures, or one
// whose description or file name says how many.
func (b *body) imageRatings(scale review.Scale, basis review.Basis) []finding {
	var found []finding
	for i := 0; i < len(b.images); {
		row := i
		for row < len(b.images) && b.images[row].run == b.images[i].run && starPicture(b.images[row].src) != 0 {
			row++
		}
		if row > i {
			if f, ok := rowRating(b.images[i:row], scale, basis); ok {
				found = append(found, f)
			}
			i = row
			continue
		}
		if f, ok := pictureRating(&b.images[i], scale, basis); ok {
			found = append(found, f)
		}
		i++
	}
	return found
}

// fileName is the name of a picture's file in lower case, without its ending.
func fileName(src string) string {
	u, err := url.Parse(src)
	if err != nil {
		return ""
	}
	name := strings.ToLower(path.Base(u.Path))
	return strings.TrimSuffix(name, path.Ext(name))
}

// unspaced takes out what joins the words of a file name; counted makes one way
// of the ways a name of stars is written.
var (
	unspaced = strings.NewReplacer("-", "", "_", "", " ", "")
	counted  = strings.NewReplacer("_", "-", " ", "-", "stars", "star", "rating", "")
)

// starPicture says what one star of a row shows, 0 for any other picture.
func starPicture(src string) glyph {
	if !containsFold(src, "star") {
		return 0
	}
	switch unspaced.Replace(fileName(src)) {
	case "star", "fullstar", "starfull", "staron", "goldstar", "starfilled", "starfill", "filledstar", "blackstar", "stargold", "wholestar":
		return fullGlyph
	case "halfstar", "starhalf", "halfastar", "starhalffull":
		return halfGlyph
	case "emptystar", "starempty", "staroff", "starblank", "blankstar", "greystar", "graystar", "whitestar", "stargrey", "stargray", "staroutline", "nostar":
		return emptyGlyph
	}
	return 0
}

func rowRating(row []image, scale review.Scale, basis review.Basis) (finding, bool) {
	var signs strings.Builder
	for _, im := range row {
		switch starPicture(im.src) {
		case fullGlyph:
			signs.WriteRune('★')
		case halfGlyph:
			signs.WriteRune('⯨')
		case emptyGlyph:
			signs.WriteRune('☆')
		}
	}
	return imageFinding(signs.String(), scale, basis)
}

// pictureRating reads "3.5 stars out of 5" in a picture's description, and
// "stars-3.5.png", "4-stars.gif" in its name.
func pictureRating(im *image, scale review.Scale, basis review.Basis) (finding, bool) {
	if alt := strings.TrimSpace(im.alt); alt != "" && len(alt) <= 48 && mayBeRating(alt) {
		if g := understand(alt, scale, basis); said(g) && (g.glyphs || strings.ContainsAny(alt, "0123456789") || containsFold(alt, "out of")) {
			return imageFinding(alt, scale, basis)
		}
	}
	if !containsFold(im.src, "star") {
		return finding{}, false
	}
	name := strings.Trim(counted.Replace(fileName(im.src)), "-")
	count, ok := strings.CutSuffix(name, "star")
	if !ok {
		count, ok = strings.CutPrefix(name, "star")
	}
	count = strings.Trim(count, "-")
	if len(count) > 5 && len(count) < 24 { // three-and-a-half
		words := strings.ReplaceAll(count, "-", " ") + " stars"
		if g := understand(words, scale, basis); ok && said(g) {
			return imageFinding(words, scale, basis)
		}
	}
	if halves, half := strings.CutSuffix(count, "half"); half {
		count = strings.Trim(strings.TrimSuffix(halves, "and-a-"), "-") + ".5"
	}
	if !ok || count == "" || len(count) > 5 {
		return finding{}, false
	}
	return imageFinding(count+" stars", scale, basis)
}

func imageFinding(text string, scale review.Scale, basis review.Basis) (finding, bool) {
	f := field(text, inImage, scale, basis, strengthText)
	f.rating.Span = review.Span{}
	k := f.rating.Kind
	return f, (k == review.Scored || k == review.Ambiguous) && !f.plain
}
