package draft

import (
	"fmt"
	"mime"
	"path"
	"strings"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"

	"aau.dk/sendsikker/internal/fault"
)

const (
	// MaxFiles is Exchange Online's "File attachments limit".
	MaxFiles = 250
	// MaxFileName, in UTF-16 units, is what NTFS takes; a name that its receiver cannot save is no use.
	MaxFileName = 255

	maxTypeName = 127 // of each half of a media type, RFC 6838 §4.2

	octetStream = "application/octet-stream"
	rfc822      = "message/rfc822"
)

// file is an attachment whose every word has been looked at.
type file struct {
	name, mediaType, charset, contentID string
}

// check takes what was claimed about a file and makes of it what may be written. A name that cannot be made honest, and a
// Content-ID that the text could not point at, are refused; place is the file's number from 0.
func check(a *Attachment, place int) (file, error) {
	f := file{}
	f.mediaType, f.charset = mediaType(a.Type)
	name, found := fileName(a.Name)
	field := fmt.Sprintf("files[%d].name", place)
	if found != sound {
		return f, fileFault("file_name_unusable", field, found.say(fault.Sentence{DA: "Filnavnet", EN: "The file name"}))
	}
	if name == "" {
		name = fmt.Sprintf("fil-%d%s", place+1, extension(f.mediaType))
	}
	// Outlook gives a forwarded message the name of its subject, and then nothing can open it.
	if ext := strings.ToLower(path.Ext(name)); f.mediaType == rfc822 && ext != ".eml" {
		name += ".eml"
	}
	if len(utf16.Encode([]rune(name))) > MaxFileName {
		return f, fileFault("file_name_unusable", field, fault.Sentence{
			DA: fmt.Sprintf("Filnavnet er på mere end %d tegn. Giv filen et kortere navn.", MaxFileName),
			EN: fmt.Sprintf("The file name has more than %d characters. Give the file a shorter name.", MaxFileName),
		})
	}
	f.name = name
	if a.Inline && a.ContentID != "" {
		f.contentID = "<" + strings.TrimSuffix(strings.TrimPrefix(a.ContentID, "<"), ">") + ">"
		if !usableID(f.contentID) || len(f.contentID) > lineLength*4 {
			return f, fileFault("content_id_unusable", fmt.Sprintf("files[%d].contentId", place), fault.Sentence{
				DA: "Et billede i teksten kan ikke knyttes til sin plads. Vedhæft det som en almindelig fil.",
				EN: "A picture in the text cannot be tied to its place. Attach it as an ordinary file.",
			})
		}
	}
	return f, nil
}

func fileFault(code, field string, say fault.Sentence) error {
	f := fault.New(fault.Invalid, code, say, nil)
	f.Fields = []fault.Field{{Name: field, Say: say}}
	return f
}

// fileName keeps the name as the sender knows it, with every letter, and takes away only what makes it a path, a device or
// a different name on the disk it is saved to (RFC 2183 §2.3 asks the receiver to do it; not all do):
//
//   - a slash or backslash becomes "_", not a cut: Outlook names a forwarded mail after its subject, "Møde 3/12";
//   - "=?" becomes "=_": several readers, go-message among them, decode RFC 2047 words in a name that RFC 2231 has already
//     decoded, and "=?utf-8?q?=0D=0A?=" would be a line break to them;
//   - marks that turn no letter but cannot be seen (LRM, RLM, ALM, a byte order mark) go;
//   - Windows drops trailing dots and spaces, so that "a.exe. " is "a.exe" there; they go here, where it can be seen;
//   - Windows' device names get a "_" in front.
//
// Control characters and marks that turn the reading direction ("fdp.exe" shown as "exe.pdf") are refused.
func fileName(name string) (string, flaw) {
	if found := flawOf(name); found != sound {
		return "", found
	}
	// The unseen ones first: one between "=" and "?" would otherwise leave an encoded word behind when it goes.
	name = strings.NewReplacer("\u200e", "", "\u200f", "", "\u061c", "", "\ufeff", "").Replace(norm.NFC.String(name))
	name = strings.NewReplacer("/", "_", `\`, "_", "=?", "=_").Replace(name)
	name = strings.TrimLeft(strings.TrimRight(name, ". "), " ")
	stem, _, _ := strings.Cut(name, ".")
	switch stem = strings.ToUpper(strings.TrimSpace(stem)); stem {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return "_" + name, sound
	}
	if number, found := strings.CutPrefix(stem, "COM"); found && device(number) {
		return "_" + name, sound
	}
	if number, found := strings.CutPrefix(stem, "LPT"); found && device(number) {
		return "_" + name, sound
	}
	return name, sound
}

func device(number string) bool {
	r := []rune(number)
	return len(r) == 1 && strings.ContainsRune("0123456789¹²³", r[0])
}

// extension lets a nameless file be opened. Not mime.ExtensionsByType, which answers differently on every machine.
func extension(mediaType string) string {
	switch mediaType {
	case rfc822:
		return ".eml"
	case "image/png", "image/gif", "image/jpeg", "image/bmp", "image/tiff", "image/webp", "application/pdf":
		return "." + mediaType[strings.IndexByte(mediaType, '/')+1:]
	case "text/plain":
		return ".txt"
	case "text/html", "text/csv":
		return "." + mediaType[len("text/"):]
	case "text/calendar":
		return ".ics"
	}
	return ".bin"
}

// mediaType believes type/subtype and, for text, charset; no other parameter, because each is a way to say something to the
// receiving program ("method=REQUEST" makes a meeting of a file). What would make one part into several, or fetch the
// content from elsewhere (message/external-body, RFC 2046 §5.2.3), is only bytes here.
func mediaType(claimed string) (mediaType, charset string) {
	mediaType, params, err := mime.ParseMediaType(claimed)
	top, sub, slash := strings.Cut(mediaType, "/")
	if err != nil || !slash || !token(top) || !token(sub) || len(top) > maxTypeName || len(sub) > maxTypeName {
		return octetStream, ""
	}
	if top == "multipart" || top == "message" && mediaType != rfc822 {
		return octetStream, ""
	}
	if charset = strings.ToLower(params["charset"]); top != "text" || !token(charset) || len(charset) > 40 {
		charset = ""
	}
	return mediaType, charset
}

// token is RFC 2045 §5.1, less the signs that no registered type has and that have confused somebody: RFC 6838 §4.2.
func token(s string) bool {
	for _, b := range []byte(s) {
		switch {
		case 'a' <= b && b <= 'z', 'A' <= b && b <= 'Z', '0' <= b && b <= '9', strings.IndexByte("!#$&-^_.+", b) >= 0:
		default:
			return false
		}
	}
	return s != ""
}
