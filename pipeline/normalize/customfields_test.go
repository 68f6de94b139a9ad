package normalize_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/filmwire/filmwire/pipeline/normalize"
	"github.com/filmwire/filmwire/pipeline/review"
)

// fields makes custom fields of name=value.
func fields(pairs ...string) (all []review.Field) {
	for _, p := range pairs {
		name, value, _ := strings.Cut(p, "=")
		all = append(all, review.Field{Name: name, Value: value})
	}
	return all
}

func TestRatingsInCustomFields(t *testing.T) {
	five := review.Scale{Best: review.Int(5)}
	for _, c := range []struct {
		name   string
		fields []review.Field
		scale  review.Scale // of the operator
		want   string
	}{
		{"WP Review, stars", fields("wp_review_type=star", "wp_review_total=3.5", "wp_review_user_reviews=4.9"), review.Scale{}, "scored 3.5/5 70.0 field:wp_review_total"},
		{"WP Review, points", fields("wp_review_type=point", "wp_review_total=8.3"), five, "scored 8.3/10 83.0 field:wp_review_total"},
		{"WP Review, percent", fields("wp_review_total=65", "wp_review_type=percentage"), review.Scale{}, "scored 65/100 65.0 field:wp_review_total"},
		{"WP Review, not in use", fields("wp_review_type=", "wp_review_total=3"), review.Scale{}, "unrated"},
		{"WP Review, not filled in", fields("wp_review_type=star", "wp_review_total=0"), review.Scale{}, "unrated"},
		{"WP Review, visitors only", fields("wp_review_type=star", "wp_review_user_reviews=4.9", "wp_review_review_count=12"), review.Scale{}, "unrated"},
		{"Taqyeem", fields("taq_review_style=stars", "taq_review_score=83.333333333333", "tie_user_rate=7"), review.Scale{}, "scored 83.333333333333/100 83.3 field:taq_review_score"},
		{"Yet Another Stars Rating", fields("yasr_overall_rating=4.5"), review.Scale{}, "scored 4.5/5 90.0 field:yasr_overall_rating"},
		{"Yet Another Stars Rating, none", fields("yasr_overall_rating=-1"), review.Scale{}, "unrated"},
		{"Author hReview", fields("ta_post_review_rating=2.5"), review.Scale{}, "scored 2.5/5 50.0 field:ta_post_review_rating"},
		{"All In One Schema", fields("_bsf_post_type=1", "_bsf_rating=4"), review.Scale{}, "scored 4/5 80.0 field:_bsf_rating"},
		{"All In One Schema, a recipe", fields("_bsf_post_type=6", "_bsf_rating=4"), review.Scale{}, "unrated"},
		{"Rank Math", fields("rank_math_rich_snippet=review", "rank_math_snippet_review_rating_value=7", "rank_math_snippet_review_best_rating=10"), review.Scale{}, "scored 7/10 70.0 field:rank_math_snippet_review_rating_value"},
		{"Rank Math, its schema", fields(`rank_math_schema_Movie=a:3:{s:5:"@type";s:5:"Movie";s:15:"aggregateRating";a:1:{s:11:"ratingValue";s:1:"9";}s:6:"review";a:1:{s:12:"reviewRating";a:3:{s:11:"ratingValue";s:3:"3.5";s:11:"worstRating";s:1:"1";s:10:"bestRating";s:1:"5";}}}`),
			review.Scale{}, "scored 3.5/5 62.5 field:rank_math_schema_Movie"},
		{"a schema of many people's", fields(`rank_math_schema_Movie=a:1:{s:15:"aggregateRating";a:1:{s:11:"ratingValue";s:1:"9";}}`), review.Scale{}, "unrated"},
		{"WP-PostRatings is visitors", fields("ratings_users=12", "ratings_score=54", "ratings_average=4.5"), five, "unrated"},
		{"kk Star Ratings is visitors", fields("_kksr_ratings=54", "_kksr_casts=12", "_kksr_avg=4.5"), five, "unrated"},
		{"Rate my Post is visitors", fields("rmp_vote_count=3", "rmp_rating_val_sum=13", "rmp_avg_rating=4.3"), five, "unrated"},
		{"Site Reviews is visitors", fields("_glsr_average=4.3", "_glsr_reviews=8", "_glsr_ranking=4.1"), five, "unrated"},
		{"votes are counted beside it", fields("rating=4.3", "rating_count=17"), five, "unrated"},
		{"a field of one's own", fields("_stars=3.5"), five, "scored 3.5/5 70.0 field:_stars"},
		{"without a scale", fields("film_score=7"), review.Scale{}, "ambiguous field:film_score"},
		{"with its scale", fields("rating=7/10"), five, "scored 7/10 70.0 field:rating"},
		{"with its scale beside it", fields("rating=7", "rating_max=10"), five, "scored 7/10 70.0 field:rating"},
		{"in French", fields("note=4/5"), review.Scale{}, "scored 4/5 80.0 field:note"},
		{"a note that is a remark", fields("note=Ask the editor about the 2nd paragraph"), five, "unrated"},
		{"in Italian", fields("voto=7,5"), review.Scale{Best: review.Int(10)}, "scored 7.5/10 75.0 field:voto"},
		{"a letter", fields("grade=B+"), review.Scale{}, "scored B+ 83.3 field:grade"},
		{"a certificate", fields("rating=PG-13"), five, "unrated"},
		{"above its scale", fields("rating=5.5/5"), review.Scale{}, "invalid field:rating"},
		{"a field of ACF and what refers to it", fields("rating=4", "_rating=field_5f3c1d2e4b6a7"), five, "scored 4/5 80.0 field:rating"},
		{"a choice of ACF", fields(`rating=a:1:{i:0;s:3:"4.5";}`), five, "scored 4.5/5 90.0 field:rating"},
		{"another site's", fields("imdb_rating=8.8", "rt_score=91", "metacritic_score=80", "user_rating=4"), five, "unrated"},
		{"an explicit zero", fields("rating=0"), five, "scored 0/5 0.0 field:rating"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := normalize.Normalize(review.Document{
				GUID: "x", Form: review.FormHTML, Body: "<p>A film that does what it sets out to do, and little more.</p>", Fields: c.fields,
				Stated: review.Review{Title: "Heat (1995)"}, Defaults: review.Defaults{Scale: c.scale},
			})
			if err != nil {
				t.Fatal(err)
			}
			got := string(r.Rating.Kind)
			if r.Rating.Kind == review.Scored {
				got += " " + r.Rating.String() + " " + r.Rating.Norm.String()
			}
			if got = strings.TrimSpace(got + " " + r.Rating.FoundIn); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// TestVisitorsVotesAreNoRating reads what plugins for voting leave in a text.
func TestVisitorsVotesAreNoRating(t *testing.T) {
	for name, widget := range map[string]string{
		"WP-PostRatings":               `<div id="post-ratings-6" class="post-ratings" itemscope itemtype="http://schema.org/Article"><img id="rating_6_1" src="https://x.example/wp-content/plugins/wp-postratings/images/stars/rating_on.gif" alt="1 Star" title="1 Star"/><img src="https://x.example/rating_half.gif" alt="5 Stars"/> (<strong>11</strong> votes, average: <strong>4.91</strong> out of 5)<br /><span class="post-ratings-text"></span><meta itemprop="name" content="x"/><div itemprop="aggregateRating" itemscope itemtype="http://schema.org/AggregateRating"><meta itemprop="bestRating" content="5"/><meta itemprop="ratingValue" content="4.91"/></div></div>`,
		"the same without its classes": `<p><img src="https://x.example/rating_on.gif" alt="12 votes, average: 4.50 out of 5"/> (<strong>12</strong> votes, average: <strong>4.50</strong> out of 5)</p>`,
		"kk Star Ratings":              `<div class="kk-star-ratings kksr-auto kksr-align-left"><div class="kksr-stars"></div><div class="kksr-legend">4.5/5 - (12 votes)</div></div>`,
		"the same as text":             `<p>4.5/5 - (12 votes)</p>`,
		"YASR":                         `<div class="yasr-vv-stars-title-container"><div class="yasr-vv-text-container">[Total: 3 Average: 4.7]</div></div>`,
		"Rate my Post":                 `<div class="rmp-widgets-container rmp-wp-plugin"><p>How useful was this post?</p><p>Average rating 4.5 / 5. Vote count: 12</p></div>`,
		"votes in JSON-LD":             `<script type="application/ld+json">{"@context":"https://schema.org/","@type":"CreativeWorkSeries","name":"Heat","aggregateRating":{"@type":"AggregateRating","ratingValue":"4.5","bestRating":"5","ratingCount":"12"}}</script>`,
	} {
		t.Run(name, func(t *testing.T) {
			r, err := normalize.Normalize(review.Document{
				GUID: "x", Form: review.FormHTML, Body: "<p>A film that does what it sets out to do, and little more.</p>" + widget,
				Stated: review.Review{Title: "Heat (1995)"}, Defaults: review.Defaults{Scale: review.Scale{Best: review.Int(5)}},
			})
			if err != nil || r.Rating.Kind != review.Unrated {
				t.Errorf("%v, %+v", err, r.Rating)
			}
		})
	}
}

func TestMarkupInAFragment(t *testing.T) {
	const text = "<p>A film that does what it sets out to do, and little more.</p>"
	for name, c := range map[string][2]string{
		"JSON-LD":   {`<script type="application/ld+json">{"@type":"Review","itemReviewed":{"@type":"Movie","name":"Heat","sameAs":"https://www.imdb.com/title/tt0113277/"},"reviewRating":{"@type":"Rating","ratingValue":"4","bestRating":"5"}}</script>` + text, "4/5 json_ld"},
		"microdata": {text + `<div itemprop="reviewRating" itemscope><span itemprop="ratingValue">3.5</span>/<span itemprop="bestRating">4</span></div>`, "3.5/4 microdata"},
		"a picture": {text + `<img src="https://x.example/4-stars.png"/>`, "4/5 image"},
		"half":      {text + `<img src="https://x.example/three-and-a-half-stars.gif"/>`, "3.5/5 image"},
		"alt text":  {text + `<img src="https://x.example/r.png" alt="3.5 out of 5"/>`, "3.5/5 image"},
	} {
		r, err := normalize.Normalize(review.Document{
			GUID: "x", Form: review.FormHTML, Body: c[0], Stated: review.Review{Title: "Heat (1995)"},
			Defaults: review.Defaults{Scale: review.Scale{Best: review.Int(5)}},
		})
		if err != nil || r.Rating.String()+" "+r.Rating.FoundIn != c[1] {
			t.Errorf("%s: %v, %+v", name, err, r.Rating)
		}
		if name == "JSON-LD" && r.Film.IDs.IMDb != "tt0113277" {
			t.Errorf("film %+v", r.Film)
		}
	}
}

func TestFilmInCustomFields(t *testing.T) {
	r, err := normalize.Normalize(review.Document{GUID: "x", Form: review.FormHTML, Body: "<p>Loud.</p>", Stated: review.Review{Title: "Heat"},
		Fields: fields("imdb_id=tt0113277", "movie_year=1995", "tmdb_url=https://www.themoviedb.org/movie/949-heat", "year=soon")})
	if err != nil || r.Film.IDs.IMDb != "tt0113277" || r.Film.IDs.TMDB != "949" || r.Film.Year != 1995 {
		t.Errorf("%v, %+v", err, r.Film)
	}
}

// FuzzFields puts anything into custom fields: nothing comes out as a value that is
// not written in one.
func FuzzFields(f *testing.F) {
	f.Add("rating", `a:1:{i:0;s:3:"4.5";}`, "5")
	f.Add("rank_math_schema_Review", `a:1:{s:12:"reviewRating";a:1:{s:11:"ratingValue";i:4;}}`, "")
	f.Add("wp_review_total", "3.5", "star")
	f.Add("x_schema", `O:1:"a":1:{s:9:"ratingValue";N;}`, "")
	f.Add("x_schema", strings.Repeat(`a:1:{s:11:"ratingValue";`, 40), "")
	f.Fuzz(func(t *testing.T, name, value, other string) {
		d := review.Document{GUID: "x", Form: review.FormText, Body: "Heat\n\nLoud.", Fields: fields(name+"="+value, "wp_review_type="+other, "rating_max="+other)}
		r, err := normalize.Normalize(d)
		if err != nil {
			t.Fatal(err)
		}
		if v := r.Rating.Value.String(); r.Rating.Kind == review.Scored && r.Rating.Letter == "" && strings.ContainsAny(v, "123456789") &&
			!written(value+fmt.Sprint(d.Fields), v) {
			t.Errorf("%s of %q", v, value)
		}
	})
}
