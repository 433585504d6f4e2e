package sending

import "aau.dk/sendsikker/internal/route"

// lineShare is how much of a MIME entity an attachment's own bytes are: base64 in 76-column lines takes 78 bytes for 57.
const lineShare = 57.0 / 78.0

// Content is how much text and attachments a copy of so many bytes of MIME holds. A sealed one is in base64 twice: once inside
// the encryption and once around it.
func Content(mime int64, sealed bool) int64 {
	share := lineShare
	if sealed {
		share *= lineShare
	}
	return int64(float64(mime) * share)
}

// Room is how much text and attachments can be sent to everybody in the plan.
func (s *Service) Room(p Plan) int64 {
	room := Content(s.Post.MaxMessage(true), true)
	for _, r := range p.Recipients {
		if r.Verdict.Route == route.Internal {
			room = min(room, Content(s.Post.MaxMessage(false), false))
		}
	}
	return room
}
