package api

import (
	"context"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"aau.dk/sendsikker/api/contract"
	"aau.dk/sendsikker/internal/fault"
)

// translate names the errors of the HTTP library and of the contract's validation; everything else passes unchanged.
func translate(err error) error {
	if _, is := errors.AsType[*fault.Fault](err); is {
		return err
	}
	if e, is := errors.AsType[*http.MaxBytesError](err); is {
		return bodyTooLarge(e)
	}
	if errors.Is(err, errTooManyValues) {
		return bodyTooLarge(err)
	}
	if e, is := errors.AsType[*openapi3filter.RequestError](err); is {
		return unfit(e)
	}
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.Canceled):
		return fault.New(fault.Invalid, "body_cut_off", fault.Sentence{
			DA: "Forsendelsen blev afbrudt undervejs til os. Intet er sendt. Prøv igen.",
			EN: "The upload was cut off on its way to us. Nothing was sent. Try again.",
		}, err)
	case errors.Is(err, os.ErrDeadlineExceeded):
		return fault.New(fault.Invalid, "body_too_slow", fault.Sentence{
			DA: "Forsendelsen tog for lang tid. Intet er sendt. Prøv igen med en bedre forbindelse eller mindre filer.",
			EN: "The upload took too long. Nothing was sent. Try again on a better connection or with smaller files.",
		}, err)
	}
	return err
}

func bodyTooLarge(cause error) error {
	return fault.New(fault.TooLarge, "body_too_large", fault.Sentence{
		DA: "Det, der blev sendt hertil, er større, end vi tager imod. Intet er sendt. Fjern eller formindsk vedhæftede filer.",
		EN: "The request is larger than we take. Nothing was sent. Remove or shrink attachments.",
	}, cause)
}

// badRequest is what the generated code calls when it cannot read a parameter or a body.
func (s *server) badRequest(w http.ResponseWriter, r *http.Request, err error) {
	if e, is := errors.AsType[*http.MaxBytesError](err); is {
		s.problem(w, r, bodyTooLarge(e))
		return
	}
	if e, is := errors.AsType[*contract.InvalidParamFormatError](err); is {
		s.problem(w, r, malformed("request_invalid", e.ParamName, err))
		return
	}
	s.problem(w, r, malformed("request_invalid", "", err))
}

func malformed(code, field string, cause error) *fault.Fault {
	f := fault.New(fault.Invalid, code, fault.Sentence{
		DA: "Forespørgslen kan ikke forstås. Intet er sendt. Se API-beskrivelsen på /openapi.yaml.",
		EN: "The request cannot be understood. Nothing was sent. See the API description at /openapi.yaml.",
	}, cause)
	if field != "" {
		f.Fields = []fault.Field{{Name: field, Say: fault.Sentence{DA: "Har ikke den rigtige form.", EN: "Does not have the right form."}}}
	}
	return f
}

// unfit names the field that does not fit the contract. The validator's own text quotes the value; it goes nowhere.
func unfit(e *openapi3filter.RequestError) error {
	if e.Parameter != nil {
		f := malformed("request_invalid", e.Parameter.Name, errors.New("does not fit the contract"))
		if schema, is := errors.AsType[*openapi3.SchemaError](e.Err); is {
			sayLimit(f, schema)
		}
		return f
	}
	if schema, is := errors.AsType[*openapi3.SchemaError](e.Err); is {
		return unfitSchema(schema)
	}
	return malformed("request_invalid", "", errors.New("does not fit the contract"))
}

func unfitSchema(e *openapi3.SchemaError) error {
	f := malformed("request_invalid", strings.Join(e.JSONPointer(), "."), errors.New("does not fit the schema: "+e.SchemaField))
	sayLimit(f, e)
	return f
}

// sayLimit: what is too large has the right form, and another form would not help.
func sayLimit(f *fault.Fault, e *openapi3.SchemaError) {
	switch e.SchemaField {
	case "maxLength", "maxItems", "maximum":
		for i := range f.Fields {
			f.Fields[i].Say = fault.Sentence{DA: "Er større, end vi tager imod.", EN: "Is larger than we take."}
		}
	}
}

// multipartFault names what is wrong with a multipart body. Only io.EOF itself is its end: a form that was cut off between
// two parts ends in an error that wraps io.EOF, and whoever took that for the end would lose the files behind it.
func multipartFault(err error) error {
	if err == nil || err == io.EOF { //nolint:errorlint // the difference is the point
		return err
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if t := translate(err); fault.KindOf(t) != fault.Internal {
		return t
	}
	if errors.Is(err, multipart.ErrMessageTooLarge) {
		return bodyTooLarge(err)
	}
	return malformed("multipart_malformed", "", errors.New("the multipart body is malformed"))
}
