/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/http.h"
#include "http/mime.h"

/* The longest are "webmanifest" and the type of pptx, and a NUL each. */
#define KEY_CAP 12
#define TYPE_CAP 74

/*
 * Sorted by extension, in lower case. The types that IANA registers; else
 * what browsers know the format by (audio/wav, application/rss+xml). A
 * browser shows text/plain and downloads text/x-c: hence source code is
 * plain. A compressed file is served as what it is; there is no svgz,
 * because that needs a Content-Encoding.
 *
 * Arrays and no pointers: pointers are relocated when the program starts,
 * which makes the pages they lie in private to each process.
 */
static const struct {
	char extension[KEY_CAP], type[TYPE_CAP];
} builtin[] = {
    /* clang-format off */
    {"3gp", "video/3gpp"},
    {"3mf", "model/3mf"},
    {"7z", "application/x-7z-compressed"},
    {"aac", "audio/aac"},
    {"aif", "audio/x-aiff"},
    {"aiff", "audio/x-aiff"},
    {"apk", "application/vnd.android.package-archive"},
    {"apng", "image/apng"},
    {"appimage", "application/vnd.appimage"},
    {"asc", "application/pgp-signature"},
    {"atom", "application/atom+xml"},
    {"avi", "video/x-msvideo"},
    {"avif", "image/avif"},
    {"bin", "application/octet-stream"},
    {"bmp", "image/bmp"},
    {"br", "application/x-brotli"},
    {"bz2", "application/x-bzip2"},
    {"c", "text/plain"},
    {"cbor", "application/cbor"},
    {"cbr", "application/vnd.comicbook-rar"},
    {"cbz", "application/vnd.comicbook+zip"},
    {"cc", "text/plain"},
    {"cer", "application/pkix-cert"},
    {"cfg", "text/plain"},
    {"cjs", "text/javascript"},
    {"conf", "text/plain"},
    {"cpp", "text/plain"},
    {"crl", "application/pkix-crl"},
    {"crt", "application/x-x509-ca-cert"},
    {"css", "text/css"},
    {"csv", "text/csv"},
    {"cur", "image/vnd.microsoft.icon"},
    {"deb", "application/vnd.debian.binary-package"},
    {"diff", "text/plain"},
    {"djvu", "image/vnd.djvu"},
    {"dll", "application/vnd.microsoft.portable-executable"},
    {"dmg", "application/x-apple-diskimage"},
    {"doc", "application/msword"},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {"dtd", "application/xml-dtd"},
    {"eml", "message/rfc822"},
    {"eot", "application/vnd.ms-fontobject"},
    {"eps", "application/postscript"},
    {"epub", "application/epub+zip"},
    {"exe", "application/vnd.microsoft.portable-executable"},
    {"flac", "audio/flac"},
    {"geojson", "application/geo+json"},
    {"gif", "image/gif"},
    {"glb", "model/gltf-binary"},
    {"gltf", "model/gltf+json"},
    {"go", "text/plain"},
    {"gpx", "application/gpx+xml"},
    {"gz", "application/gzip"},
    {"h", "text/plain"},
    {"heic", "image/heic"},
    {"heif", "image/heif"},
    {"htm", "text/html"},
    {"html", "text/html"},
    {"ico", "image/vnd.microsoft.icon"},
    {"ics", "text/calendar"},
    {"ini", "text/plain"},
    {"iso", "application/vnd.efi.iso"},
    {"jar", "application/java-archive"},
    {"java", "text/plain"},
    {"jfif", "image/jpeg"},
    {"jp2", "image/jp2"},
    {"jpeg", "image/jpeg"},
    {"jpg", "image/jpeg"},
    {"js", "text/javascript"},
    {"json", "application/json"},
    {"jsonl", "application/x-ndjson"},
    {"jsonld", "application/ld+json"},
    {"jxl", "image/jxl"},
    {"kml", "application/vnd.google-earth.kml+xml"},
    {"kmz", "application/vnd.google-earth.kmz"},
    {"log", "text/plain"},
    {"lua", "text/plain"},
    {"m3u8", "application/vnd.apple.mpegurl"},
    {"m4a", "audio/mp4"},
    {"m4s", "video/iso.segment"},
    {"m4v", "video/mp4"},
    {"map", "application/json"},
    {"markdown", "text/markdown"},
    {"mbox", "application/mbox"},
    {"md", "text/markdown"},
    {"mid", "audio/midi"},
    {"midi", "audio/midi"},
    {"mjs", "text/javascript"},
    {"mka", "audio/matroska"},
    {"mkv", "video/matroska"},
    {"mobi", "application/x-mobipocket-ebook"},
    {"mov", "video/quicktime"},
    {"mp3", "audio/mpeg"},
    {"mp4", "video/mp4"},
    {"mpd", "application/dash+xml"},
    {"mpeg", "video/mpeg"},
    {"mpg", "video/mpeg"},
    {"msi", "application/x-msi"},
    {"mtl", "model/mtl"},
    {"ndjson", "application/x-ndjson"},
    {"obj", "model/obj"},
    {"odg", "application/vnd.oasis.opendocument.graphics"},
    {"odp", "application/vnd.oasis.opendocument.presentation"},
    {"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    {"odt", "application/vnd.oasis.opendocument.text"},
    {"oga", "audio/ogg"},
    {"ogg", "audio/ogg"},
    {"ogv", "video/ogg"},
    {"ogx", "application/ogg"},
    {"opus", "audio/ogg"},
    {"otf", "font/otf"},
    {"p12", "application/pkcs12"},
    {"parquet", "application/vnd.apache.parquet"},
    {"patch", "text/plain"},
    {"pdf", "application/pdf"},
    {"pem", "application/pem-certificate-chain"},
    {"pfx", "application/pkcs12"},
    {"pl", "text/plain"},
    {"png", "image/png"},
    {"ppt", "application/vnd.ms-powerpoint"},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    {"ps", "application/postscript"},
    {"psd", "image/vnd.adobe.photoshop"},
    {"py", "text/plain"},
    {"rar", "application/vnd.rar"},
    {"rb", "text/plain"},
    {"rdf", "application/rdf+xml"},
    {"rpm", "application/x-rpm"},
    {"rs", "text/plain"},
    {"rss", "application/rss+xml"},
    {"rst", "text/plain"},
    {"rtf", "application/rtf"},
    {"sh", "text/plain"},
    {"sig", "application/pgp-signature"},
    {"sql", "application/sql"},
    {"sqlite", "application/vnd.sqlite3"},
    {"srt", "application/x-subrip"},
    {"step", "model/step"},
    {"stl", "model/stl"},
    {"stp", "model/step"},
    {"svg", "image/svg+xml"},
    {"tar", "application/x-tar"},
    {"text", "text/plain"},
    {"tgz", "application/gzip"},
    {"tif", "image/tiff"},
    {"tiff", "image/tiff"},
    {"toml", "application/toml"},
    {"torrent", "application/x-bittorrent"},
    {"ts", "video/mp2t"},
    {"tsv", "text/tab-separated-values"},
    {"ttc", "font/collection"},
    {"ttf", "font/ttf"},
    {"ttml", "application/ttml+xml"},
    {"txt", "text/plain"},
    {"usdz", "model/vnd.usdz+zip"},
    {"vcf", "text/vcard"},
    {"vtt", "text/vtt"},
    {"wasm", "application/wasm"},
    {"wav", "audio/wav"},
    {"weba", "audio/webm"},
    {"webm", "video/webm"},
    {"webmanifest", "application/manifest+json"},
    {"webp", "image/webp"},
    {"woff", "font/woff"},
    {"woff2", "font/woff2"},
    {"xhtml", "application/xhtml+xml"},
    {"xls", "application/vnd.ms-excel"},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {"xml", "application/xml"},
    {"xsd", "application/xml"},
    {"xsl", "application/xslt+xml"},
    {"xslt", "application/xslt+xml"},
    {"xz", "application/x-xz"},
    {"yaml", "application/yaml"},
    {"yml", "application/yaml"},
    {"zip", "application/zip"},
    {"zst", "application/zstd"},
    /* clang-format on */
};

#define BUILTIN_COUNT (sizeof(builtin) / sizeof(builtin[0]))

struct mime_rule
mime_builtin(size_t index)
{
	if (index >= BUILTIN_COUNT)
		return (struct mime_rule){0};
	return (struct mime_rule){slice_of(builtin[index].extension),
				  slice_of(builtin[index].type)};
}

static struct slice
last_segment(struct slice path)
{
	size_t start = path.len;

	while (start > 0 && path.ptr[start - 1] != '/')
		start--;
	return slice_skip(path, start);
}

/* What stands behind the last dot of name, unless that begins it. */
static struct slice
extension_of(struct slice name)
{
	size_t start = name.len;

	while (start > 0 && name.ptr[start - 1] != '.')
		start--;
	return start > 1 ? slice_skip(name, start) : (struct slice){0};
}

/*
 * Writes extension in lower case and padded with NULs, as it stands in
 * the table. False if no row can be like it.
 */
static bool
make_key(char key[KEY_CAP], struct slice extension)
{
	if (extension.len == 0 || extension.len >= KEY_CAP)
		return false;
	memset(key, 0, KEY_CAP);
	for (size_t i = 0; i < extension.len; i++) {
		/* "html\0" is not html, though it is padded to the same. */
		if (extension.ptr[i] == '\0')
			return false;
		key[i] = ascii_lower(extension.ptr[i]);
	}
	return true;
}

struct slice
mime_type(struct slice path)
{
	char key[KEY_CAP];
	size_t low = 0, high = BUILTIN_COUNT;

	if (!make_key(key, extension_of(last_segment(path))))
		return SLICE("application/octet-stream");
	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = memcmp(key, builtin[middle].extension, KEY_CAP);

		if (order == 0)
			return slice_of(builtin[middle].type);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return SLICE("application/octet-stream");
}

bool
mime_is_text(struct slice type)
{
	struct slice name, subtype;

	return slice_cut(type, '/', &name, &subtype) &&
	       slice_equal_nocase(name, SLICE("text"));
}

static bool
ends_with(struct slice s, struct slice end)
{
	return s.len >= end.len &&
	       slice_equal_nocase(slice_skip(s, s.len - end.len), end);
}

bool
mime_is_compressible(struct slice type)
{
	static const struct slice types[] = {
	    {"application/javascript", 22},
	    {"application/json", 16},
	    {"application/rtf", 15},
	    {"application/sql", 15},
	    {"application/toml", 16},
	    {"application/vnd.ms-fontobject", 29},
	    {"application/wasm", 16},
	    {"application/xml", 15},
	    {"application/xml-dtd", 19},
	    {"application/yaml", 16},
	    {"font/otf", 8},
	    {"font/ttf", 8},
	    {"image/bmp", 9},
	    {"image/vnd.microsoft.icon", 24},
	    {"model/obj", 9},
	    {"model/stl", 9},
	};

	if (mime_is_text(type) || ends_with(type, SLICE("+xml")) ||
	    ends_with(type, SLICE("+json")))
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (slice_equal_nocase(type, types[i]))
			return true;
	return false;
}

void
mime_add(struct buf *out, struct slice type)
{
	buf_add(out, type);
	if (mime_is_text(type))
		buf_add(out, SLICE("; charset=utf-8"));
}

static bool
is_type(struct slice s)
{
	struct slice name, subtype;

	return s.len <= MIME_TYPE_MAX && slice_cut(s, '/', &name, &subtype) &&
	       is_token(name) && is_token(subtype);
}

/* Without the dot in front, as mime.types has it: ".html" fits no file. */
static bool
is_extension(struct slice s)
{
	if (s.len == 0 || s.len > MIME_EXTENSION_MAX || s.ptr[0] == '.')
		return false;
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] <= ' ' || s.ptr[i] == '\177' ||
		    s.ptr[i] == '/')
			return false;
	return true;
}

static bool
next_word(struct slice *line, struct slice *word)
{
	return slice_next_word(line, word) && word->ptr[0] != '#';
}

/* Adds the rules of one line. Returns why it is refused, or NULL. */
static const char *
parse_line(struct mime_table *table, struct slice line)
{
	struct slice type, extension;

	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (!next_word(&line, &type))
		return NULL;
	if (!is_type(type))
		return "not a media type";
	while (next_word(&line, &extension)) {
		if (!is_extension(extension))
			return "not a file name extension";
		if (table->count == table->cap)
			return "too many extensions";
		table->rules[table->count++] =
		    (struct mime_rule){extension, type};
	}
	return NULL;
}

bool
mime_table_parse(struct mime_table *table, struct slice text, size_t *bad_line)
{
	size_t count = table->count;
	struct slice line;

	for (size_t number = 1; text.len > 0; number++) {
		slice_cut(text, '\n', &line, &text);
		table->refusal = parse_line(table, line);
		if (table->refusal == NULL)
			continue;
		table->count = count;
		*bad_line = number;
		return false;
	}
	return true;
}

/* True if name is something, a dot, and extension. */
static bool
has_extension(struct slice name, struct slice extension)
{
	struct slice end;

	if (name.len < extension.len + 2)
		return false;
	end = slice_skip(name, name.len - extension.len - 1);
	return end.ptr[0] == '.' &&
	       slice_equal_nocase(slice_skip(end, 1), extension);
}

struct slice
mime_table_type(const struct mime_table *table, struct slice path)
{
	struct slice name = last_segment(path);

	for (size_t i = table->count; i > 0; i--)
		if (has_extension(name, table->rules[i - 1].extension))
			return table->rules[i - 1].type;
	return mime_type(path);
}
