/*
Package config reads the file that says what Filmwire does: the site, where its
data lies, the sources and the sinks. It is strict: a key it does not know, a
value of the wrong type, a name given twice, a file that is not there and a
secret that is not set are faults, and one reading reports all of them, each with
its place, the line, a stable code and what would be right.

It knows the keys that all sources and all sinks share. The rest of an entry
belongs to its plug-in, which decodes it through [pipeline.Options]; the plug-ins
themselves are handed in with the [Catalogue]. One decoder serves both: structs
with config tags.

It opens no connection and writes nothing. It reads the config file and the files
secrets are in, and looks whether other files are there.

The codes:

	config.syntax          not one YAML document, or a key that stands there twice
	config.unknown_key     a key that means nothing here
	config.wrong_type      text where a number belongs, a list where text belongs, nothing at all
	config.missing_key     a key that must be there
	config.bad_value       the right type, but no value that can be used
	config.bad_schedule    neither a cron line nor an @every
	config.duplicate_name  a name that another source or sink has
	config.missing_file    a file that is not there or cannot be read
	config.unset_secret    a secret whose environment variable is not set
	config.unknown_type    no source or sink of that type
*/
package config
