package messages

import (
	"net/http"
	"strconv"
	"time"

	"aau.dk/sendsikker/api/admin/frame"
	"aau.dk/sendsikker/internal/fault"
	"aau.dk/sendsikker/internal/mailbox"
)

func callerOf(v frame.Visitor) mailbox.Caller {
	return mailbox.Caller{Kind: mailbox.User, ID: v.ID, Name: v.Name}
}

// Noticed is what the form carries: when the newest receipt or report was put or asked for. Who presses twice sends the old one twice.
func (s shown) Noticed() int64 {
	if s.NoticeAt.IsZero() {
		return 0
	}
	return s.NoticeAt.UnixMilli()
}

// notice has the receipt or report put into the mailbox again.
func (p page) notice(r *http.Request, v frame.Visitor) (frame.Answer, error) {
	s, err := p.find(r, v)
	if err != nil {
		return frame.Answer{}, err
	}
	if !s.Manages {
		return frame.Answer{}, notYours()
	}
	noticed, err := strconv.ParseInt(r.PostFormValue("noticed"), 10, 64)
	if err != nil || noticed < 0 {
		return frame.Answer{}, fault.New(fault.Invalid, "notice_form_incomplete", fault.Sentence{
			DA: "Formularen er ikke hel. Hent beskeden igen, og tryk på knappen. Intet er bestilt.", EN: "The form is not whole. Fetch the message again, and press the button. Nothing was asked for.",
		}, nil)
	}
	before := time.Time{}
	if noticed > 0 {
		before = time.UnixMilli(noticed)
	}
	told := fault.Sentence{DA: "Den lægges i postkassens indbakke igen om et øjeblik.", EN: "It is put into the mailbox's Inbox again in a moment."}
	if err := p.Sending.AskNotice(r.Context(), callerOf(v), s.ID, before); err != nil {
		if fault.From(err).Code != "notice_asked" {
			return frame.Answer{}, err
		}
		told = fault.From(err).Say // pressed twice: as good as once
	}
	return frame.Go(listPath + "/" + s.ID).Tell(told), nil
}
