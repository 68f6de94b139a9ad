package normalize

import "bytes"

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
}

// isCaption reports a class by which blog software names what stands under a
// picture.
func isCaption(class []byte) bool {
	for _, name := range [...]string{"caption-text", "gallery-caption", "tr-caption", "image-caption", "img-caption", "photo-caption"} {
		if i := bytes.Index(class, []byte(name)); i >= 0 && !bytes.HasPrefix(class[i+len(name):], []byte("-container")) {
			return true
		}
	}
	return bytes.Equal(class, []byte("caption"))
}

// isFurniture reports a class that names site furniture.
func isFurniture(class []byte) bool {
	for len(class) > 0 {
		var name []byte
		name, class, _ = bytes.Cut(class, []byte(" "))
		if len(name) < 3 {
			continue
		}
		for _, f := range furniture {
			if name[0] == f[0] && len(name) >= len(f) && string(name[:len(f)]) == f {
				return true
			}
		}
	}
	return false
}

// classOf is the value of the class attribute in the raw bytes of a start tag,
// as good as it needs to be for that: what it gets wrong is kept as text.
func classOf(token []byte) []byte {
	at := bytes.Index(token, []byte("class="))
	if at < 1 || classes[token[at-1]] != blank {
		return nil
	}
	value := token[at+len("class="):]
	if len(value) == 0 {
		return nil
	}
	if quote := value[0]; quote == '"' || quote == '\'' {
		value = value[1:]
		if end := bytes.IndexByte(value, quote); end >= 0 {
			return value[:end]
		}
		return nil
	}
	if end := bytes.IndexAny(value, " \t\r\n/>"); end >= 0 {
		return value[:end]
	}
	return value
}
