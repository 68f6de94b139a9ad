package normalize

import "strings"

// furniture are the classes by which blog software names what it puts around a
// text: share bars, related posts, comment forms, reader counters. A class that
// begins so is taken for one of them.
var furniture = [...]string{
	"sharedaddy", "sd-sharing", "sd-like", "sd-block", "jp-relatedposts", "jp-post-flair",
	"addtoany", "a2a_", "addthis", "share-", "sharebar", "social-share", "social-links",
	"ssba", "feedflare", "wpcnt", "comment-respond", "comments-area", "comment-form",
	"comment-list", "commentlist", "more-link", "read-more", "related-posts",
	"yarpp", "post-navigation", "nav-links", "screen-reader-text", "wp-block-jetpack-sharing",
	"rp4wp", "code-block-ads", "adsbygoogle", "blogger-post-footer",
	// What visitors voted, which is not what the critic thought.
	"post-ratings", "kk-star-ratings", "kksr-", "yasr-vv-", "yasr-visitor", "rmp-widgets", "rmp-main", "gdrts-", "gdsr",
	"ratingblock", "rw-ui-", "pd-rating", "rating-form", "glsr-", "wpcr3",
}

// isCaption reports a class by which blog software names what stands under a
// picture.
func isCaption(class string) bool {
	if !strings.Contains(class, "caption") {
		return false
	}
	for name := range strings.FieldsSeq(class) {
		switch name {
		case "caption", "wp-caption-text", "gallery-caption", "tr-caption", "image-caption", "img-caption", "photo-caption", "caption-text":
			return true
		}
	}
	return false
}

// isFurniture reports a class that names site furniture.
func isFurniture(class string) bool {
	for len(class) > 0 {
		var name string
		name, class, _ = strings.Cut(class, " ")
		if len(name) < 3 {
			continue
		}
		for _, f := range furniture {
			if name[0] == f[0] && strings.HasPrefix(name, f) {
				return true
			}
		}
	}
	return false
}
