#!/bin/sh
# An exec sink in plain shell: one text file for each review, in the folder given.
# For each line of JSON that comes in, one verdict goes out.
folder=${1:?usage: exec-sink.sh FOLDER}
mkdir -p "$folder" || exit 1

read -r greeting || exit 0
case $greeting in
*'"protocol":"filmwire.sink/1"'*) ;;
*) echo "this is no filmwire.sink/1" >&2; exit 1 ;;
esac
echo '{"protocol":"filmwire.sink/1","name":"exec-sink.sh","version":"1.0"}'

# field NAME sets $value to a text of the event. The three that are asked for stand
# at the beginning of the line and hold neither quotes nor escapes; for others take
# a JSON tool.
field() {
	value=${event#*"\"$1\":\""}
	value=${value%%'"'*}
}

while IFS= read -r event; do
	case $event in
	'{"schema":"review/1",'*'}') ;;
	*) echo "this is no event" >&2; exit 1 ;;
	esac
	field event_id && id=$value
	field review_id && review=$value
	field kind
	case $value in
	withdrawn) rm -f "$folder/$review.json" ;;
	*) printf '%s\n' "$event" >"$folder/.$review" && mv "$folder/.$review" "$folder/$review.json" ;;
	esac
	if [ $? -eq 0 ]; then
		echo "{\"id\":\"$id\",\"verdict\":\"done\"}"
	else
		echo "{\"id\":\"$id\",\"verdict\":\"retry\",\"after_seconds\":60,\"code\":\"disk\",\"reason\":\"cannot write to $folder\"}"
	fi
done
