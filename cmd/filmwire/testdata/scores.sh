# Compares what `filmwire explain rating -` prints for the first column of a table
# (raw, count, kind, value, best, norm) with the rest of the table.
tail -n +2 "$1" | cut -f1 | filmwire explain rating - >got.ndjson
awk -F'\t' '
function field(name,   v) {
	if (!match(got, "\"" name "\":(\"[^\"]*\"|[-0-9.]+)")) return ""
	v = substr(got, RSTART, RLENGTH)
	sub("\"" name "\":", "", v); gsub("\"", "", v)
	return v
}
NR == 1 { next }
{
	getline got < "got.ndjson"
	n++
	is = field("kind") "|" field("value") "|" field("best") "|" field("norm")
	want = $3 "|" $4 "|" $5 "|" $6
	if (is != want) { bad++; print $1 ": " is ", want " want }
}
END { print n " strings, " bad + 0 " differ" }' "$1"
