package draft

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"aau.dk/sendsikker/internal/fault"
)

var errWrittenTwice = errors.New("draft: an entity can be written once")

// Compose makes the content of d and its files. Nothing is read before WriteTo, which needs no more memory for a larger
// file. files may be nil. A *fault.Fault out of files.Next or a Content comes out of WriteTo as it is.
//
//	no file                  alternative(text, html), or the text alone
//	the first one is inline  mixed(related(alternative, inline…), file…)
//	else                     mixed(alternative, file…)
//
// WriteTo fails with empty_draft, too_many_files, inline_after_attachment, file_name_unusable or content_id_unusable. By
// then something may have been written: the writer's owner throws it away.
func Compose(d *Draft, files Attachments) Entity { return &composition{draft: *d, files: files} }

type composition struct {
	once
	draft Draft
	files Attachments
	place int // of the file at hand, from 0
}

func (c *composition) WriteTo(w io.Writer) (int64, error) { return c.writeTo(w, c.write) }

func (c *composition) write(w *bufio.Writer) error {
	a, err := c.next()
	switch {
	case ended(err) && c.draft.empty():
		return emptyDraft()
	case ended(err):
		c.body(w)
		return nil
	case err != nil:
		return err
	}
	mixed := open(w, "mixed")
	mixed.part()
	if c.inline(a) {
		a, err = c.related(w, a)
	} else {
		c.body(w)
	}
	for ; err == nil; a, err = c.next() {
		if c.inline(a) {
			return fileFault("inline_after_attachment", fmt.Sprintf("files[%d]", c.place), fault.Sentence{
				DA: "Billederne i teksten skal komme før de vedhæftede filer. Intet er sendt. Det er programmet, der sender, som skal rettes.",
				EN: "Pictures in the text must come before the attached files. Nothing was sent. The sending program needs mending.",
			})
		}
		mixed.part()
		if err := c.file(w, a, "attachment"); err != nil {
			return err
		}
	}
	if !ended(err) {
		return err
	}
	mixed.close()
	return nil
}

// related writes the text with its pictures, and gives back the first file that is none of them, or the end.
func (c *composition) related(w io.Writer, a *Attachment) (*Attachment, error) {
	// RFC 2387 §3.1: the type parameter is required, and names the root's type.
	root := `type="multipart/alternative"`
	related := open(w, "related", root)
	related.part()
	c.body(w)
	var err error
	for ; err == nil && c.inline(a); a, err = c.next() {
		related.part()
		if err := c.file(w, a, "inline"); err != nil {
			return nil, err
		}
	}
	related.close()
	return a, err
}

// inline is a picture that the text can show. Where nothing can point at it, it is an ordinary file: mail programs hide
// what they take for part of a text.
func (c *composition) inline(a *Attachment) bool {
	return a.Inline && a.ContentID != "" && c.draft.HTML != ""
}

// ended is io.EOF and nothing that wraps it: mime/multipart reports an upload that was cut off as "NextPart: %w" of io.EOF,
// and errors.Is would take the files that are missing for files that were never there.
func ended(err error) bool {
	return err == io.EOF //nolint:errorlint // on purpose, see above
}

func (c *composition) next() (*Attachment, error) {
	if c.files == nil {
		return nil, io.EOF
	}
	if c.place == MaxFiles {
		if _, err := c.files.Next(); err != nil {
			return nil, err
		}
		return nil, fault.New(fault.TooLarge, "too_many_files", fault.Sentence{
			DA: fmt.Sprintf("Mailen har flere end %d filer. Pak dem sammen i en zip-fil, eller del mailen i flere.", MaxFiles),
			EN: fmt.Sprintf("The mail has more than %d files. Pack them into a zip file, or split the mail.", MaxFiles),
		}, nil)
	}
	a, err := c.files.Next()
	if err != nil {
		return nil, err
	}
	if a == nil || a.Content == nil {
		return nil, errors.New("draft: an attachment without content")
	}
	return a, nil
}

// body writes the text: both forms, or the only one there is. A mail program shows the last form it can (RFC 2046 §5.1.4).
func (c *composition) body(w io.Writer) {
	d := c.draft
	if d.HTML == "" {
		text(w, "plain", d.Text)
		return
	}
	if d.Text == "" {
		d.Text = plainText(d.HTML)
	}
	alternative := open(w, "alternative")
	alternative.part()
	text(w, "plain", d.Text)
	alternative.part()
	text(w, "html", d.HTML)
	alternative.close()
}

func (c *composition) file(w io.Writer, a *Attachment, disposition string) error {
	f, err := check(a, c.place)
	if err != nil {
		return err
	}
	if !c.inline(a) {
		f.contentID = ""
	}
	c.place++
	content := a.Content
	if f.mediaType == rfc822 {
		head, asItIs, err := message(content)
		if err != nil {
			return fmt.Errorf("reading an attached message: %w", err)
		}
		if asItIs {
			fields(w, f, disposition, "7bit")
			_, err = w.Write(head)
			return err
		}
		f.mediaType = octetStream
		content = io.MultiReader(bytes.NewReader(head), content)
	}
	fields(w, f, disposition, "base64")
	if err := binary(w, content); err != nil {
		return fmt.Errorf("reading or writing a file: %w", err)
	}
	return nil
}

// empty is a mail with nothing in it to read. Outlook's empty page is several lines of HTML, so its text is asked for.
func (d *Draft) empty() bool {
	if strings.TrimSpace(d.Text) != "" {
		return false
	}
	return strings.TrimSpace(plainText(d.HTML)) == "" && !strings.Contains(strings.ToLower(d.HTML), "<img")
}

func emptyDraft() error {
	return fault.New(fault.Invalid, "empty_draft", fault.Sentence{
		DA: "Mailen er tom. Intet er sendt. Skriv en tekst, eller vedhæft en fil.",
		EN: "The mail is empty. Nothing was sent. Write a text or attach a file.",
	}, nil)
}

// once lets an entity be written a single time: what it is made of streams in.
type once struct{ written bool }

func (o *once) writeTo(w io.Writer, write func(*bufio.Writer) error) (int64, error) {
	if o.written {
		return 0, errWrittenTwice
	}
	o.written = true
	count := &counter{w: w}
	out := bufio.NewWriter(count)
	err := write(out)
	if flushed := out.Flush(); err == nil {
		err = flushed
	}
	return count.n, err
}

type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
