package normalize

import (
	"strings"

	"github.com/filmwire/filmwire/pipeline/review"
)

// verdicts are the words of critics who take a side and give no number.
var verdicts = map[string]review.Verdict{
	"thumbs up": review.Positive, "thumb up": review.Positive, "two thumbs up": review.Positive,
	"1 thumb up": review.Positive, "one thumb up": review.Positive, "2 thumbs up": review.Positive,
	"fresh": review.Positive, "certified fresh": review.Positive, "recommended": review.Positive,
	"highly recommended": review.Positive, "strongly recommended": review.Positive,
	"recommend": review.Positive, "must see": review.Positive, "must-see": review.Positive,
	"see it": review.Positive, "worth seeing": review.Positive, "worth watching": review.Positive,
	"positive": review.Positive, "👍": review.Positive, "👍👍": review.Positive,
	"mixed": review.Mixed, "thumbs sideways": review.Mixed, "neutral": review.Mixed,
	"thumbs down": review.Negative, "thumb down": review.Negative, "two thumbs down": review.Negative,
	"one thumb down": review.Negative, "rotten": review.Negative, "not recommended": review.Negative,
	"do not recommend": review.Negative, "don't recommend": review.Negative, "don’t recommend": review.Negative,
	"not fresh": review.Negative, "skip it": review.Negative, "skip": review.Negative,
	"avoid": review.Negative, "negative": review.Negative, "👎": review.Negative, "👎👎": review.Negative,
}

// longestVerdict is the longest key of verdicts, with room for signs around it.
const longestVerdict = 32

func verdictOf(s string) (review.Verdict, bool) {
	if len(s) > longestVerdict || s == "" {
		return "", false
	}
	if c := s[0]; c >= 0x80 {
		s = skinTones.Replace(s)
	} else if c|0x20 < 'a' || c|0x20 > 'z' {
		return "", false
	}
	v, ok := verdicts[oneLine(strings.ToLower(strings.Trim(s, " .!")))]
	return v, ok
}

// skinTones takes out what tells one thumb from another.
var skinTones = strings.NewReplacer("\ufe0f", "", "🏻", "", "🏼", "", "🏽", "", "🏾", "", "🏿", "")

// unrated reports what people write where there is no rating.
func unrated(s string) bool {
	if len(s) > 16 {
		return false
	}
	s = strings.Trim(s, " .")
	if s != "" && s[0] >= '0' && s[0] <= '9' {
		return false
	}
	switch strings.ToLower(s) {
	case "", "-", "--", "–", "—", "n/a", "na", "none", "null", "nil", "unrated", "not rated", "not yet rated",
		"no rating", "no score", "no grade", "nr", "tba", "tbd", "?", "undecided":
		return true
	}
	return false
}

// letterOf reads a letter grade, "" for anything else: "B+", "B-plus", "b minus",
// "A -". There is no E and no F-.
func letterOf(s string) string {
	s = strings.TrimSpace(strings.TrimRight(s, ".!"))
	if s == "" || len(s) > len("B  – minus") {
		return ""
	}
	letter := strings.ToUpper(s[:1])
	rest := strings.TrimSpace(s[1:])
	if spaced := len(s) > 1 && rest != s[1:]; spaced {
		switch strings.ToLower(rest) {
		case "+", "-", "−", "–", "plus", "minus":
		default:
			return ""
		}
	}
	if tail := strings.TrimLeft(rest, "-–− "); tail != "" && tail != rest {
		rest = tail // B-plus
	}
	switch strings.ToLower(rest) {
	case "":
	case "+", "plus":
		letter += "+"
	case "-", "−", "–", "minus":
		letter += "-"
	default:
		return ""
	}
	if review.LetterNorm(letter).IsZero() {
		return ""
	}
	return letter
}

// numberWords are the numbers people spell out in ratings. What may be an article is
// one only in front of a unit.
var numberWords = map[string]int64{
	"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5,
	"six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
	"eine": 1, "einem": 1, "einen": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8, "neun": 9, "zehn": 10,
	"une": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "sept": 7, "huit": 8, "neuf": 9, "dix": 10,
	"una": 1, "dos": 2, "tres": 3, "cuatro": 4, "cinco": 5, "seis": 6, "siete": 7, "ocho": 8, "nueve": 9, "diez": 10,
	"due": 2, "tre": 3, "quattro": 4, "cinque": 5, "sei": 6, "sette": 7, "otto": 8, "nove": 9, "dieci": 10,
	"duas": 2, "três": 3, "quatro": 4, "sete": 7, "oito": 8, "dez": 10,
	"twee": 2, "drie": 3, "vijf": 5, "zes": 6, "zeven": 7, "negen": 9, "tien": 10,
	"två": 2, "fyra": 4, "fem": 5, "sex": 6,
}

// units are what ratings are counted in.
func unitWord(w string) bool {
	switch w {
	case "star", "stars", "point", "points", "pts", "popcorns", "stern", "sterne", "sternen", "étoile", "étoiles",
		"estrella", "estrellas", "stella", "stelle", "estrela", "estrelas", "ster", "sterren", "stjerner", "stjärnor", "stjärna",
		"punkt", "punkte", "punkten", "punto", "puntos", "punti", "pontos", "punten", "poäng":
		return true
	}
	return false
}

// ofWord is what stands between the value and the best in other languages.
func ofWord(w string) bool {
	switch w {
	case "of", "von", "sur", "sobre", "de", "su", "van", "av", "af":
		return true
	}
	return false
}

// foreignLabel are words that make a label that of somebody else's rating, or of
// a part of the film, or of its certificate.
func foreignLabel(w string) bool {
	switch w {
	case "imdb", "rotten", "tomatoes", "tomatometer", "metacritic", "metascore", "mpaa", "bbfc", "fsk", "audience",
		"user", "users", "reader", "readers", "tmdb", "critics", "content", "age", "difficulty", "video", "audio",
		"picture", "sound", "music", "acting", "story", "plot", "visuals", "direction", "extras", "consensus",
		"cinemascore", "film's", "parental", "community", "average", "allocine", "letterboxd", "trakt",
		"screenplay", "script", "musical", "original", "violence", "gore", "humor", "humour", "soundtrack",
		"cinematography", "animation", "entertainment", "replay", "rewatch", "rewatchability", "family":
		return true
	}
	return false
}

// cutLabel splits "My rating: 3/5" at its label. The label is "" where there is
// none that ends in a word for ratings.
func cutLabel(s string) (label, rest string) {
	end := strings.IndexAny(s, ":=")
	if end < 0 || end > 60 {
		end = bareLabel(s)
		if end < 0 {
			return "", s
		}
		return s[:end], s[end:]
	}
	label = strings.TrimSpace(s[:end])
	if !labelWords(label) {
		return "", s
	}
	return label, s[end+1:]
}

// labelWords reports whether a label is about a rating: at most five words, the
// last of them one for ratings.
func labelWords(label string) bool {
	last := label
	if i := strings.LastIndexByte(label, ' '); i >= 0 {
		last = label[i+1:]
	}
	switch strings.ToLower(last) {
	case "stars":
		if countsStars(label[:len(label)-len(last)]) {
			return false
		}
	case "rating", "ratings", "score", "grade", "verdict", "overall", "rated", "note", "wertung", "bewertung", "nota", "line",
		"gesamt", "gesamtwertung", "fazit", "valoración", "puntuación", "calificación", "voto", "punteggio", "giudizio",
		"avaliação", "cijfer", "waardering", "beoordeling", "betyg", "karakter", "arvosana", "ocena":
	default:
		return false
	}
	return strings.Count(label, " ") < 5
}

// countsStars reports what makes a rating of the word behind it: "four", "three and
// a half".
func countsStars(before string) bool {
	before = strings.ToLower(strings.TrimSpace(before))
	_, number := numberWords[before[strings.LastIndexAny(before, " -")+1:]]
	return number || strings.HasSuffix(before, "half")
}

// ownLabel reports a label of the critic's own rating of the whole film.
func ownLabel(label string) bool {
	lower := strings.ToLower(label)
	if strings.HasSuffix(lower, "line") && lower != "bottom line" && lower != "the bottom line" {
		return false
	}
	for w := range strings.FieldsSeq(lower) {
		if foreignLabel(strings.Trim(w, "'’s()")) || foreignLabel(strings.Trim(w, "()")) {
			return false
		}
	}
	return true
}

// bareLabel is the end of a label without a colon in front of a value, "Rating
// 3/5", or -1.
func bareLabel(s string) int {
	if s == "" || strings.IndexByte("rsgvomfbwRSGVOMFBW", s[0]) < 0 {
		return -1
	}
	if i := strings.IndexFunc(clip(s, 28), func(r rune) bool {
		return r >= '0' && r <= '9' || glyphOf(r) != 0 || fraction(r) != 0
	}); i < 4 {
		return -1
	}
	words := 0
	for end := 0; end < len(s) && words < 3; words++ {
		n := strings.IndexAny(s[end:], " \t-–")
		if n <= 0 {
			return -1
		}
		end += n
		if w := s[:end]; labelWords(w) && (strings.Contains(w, " ") || labelBegins(w)) {
			return end
		}
		end++
	}
	return -1
}

// labelBegins are the words that are a label alone.
func labelBegins(w string) bool {
	switch strings.ToLower(w) {
	case "rating", "score", "grade", "verdict", "overall", "rated", "bewertung", "wertung":
		return true
	}
	return false
}
