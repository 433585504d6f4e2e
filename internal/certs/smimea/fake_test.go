package smimea_test

import (
	"testing"

	"github.com/miekg/dns"
)

// fake is a resolver on this machine that answers as a test wants, over UDP and TCP: several messages, or none.
func fake(t *testing.T, answer func(query *dns.Msg, tcp bool) []*dns.Msg) (resolver string) {
	t.Helper()
	udp, tcp := bothPorts(t)
	for over, server := range map[bool]*dns.Server{false: {PacketConn: udp}, true: {Listener: tcp}} {
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		server.Handler = dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) {
			for _, message := range answer(query, over) {
				w.WriteMsg(message)
			}
			if over {
				w.Close()
			}
		})
		go server.ActivateAndServe()
		<-started
		t.Cleanup(func() { server.Shutdown() })
	}
	return udp.LocalAddr().String()
}

// reply is a secure answer without records.
func reply(query *dns.Msg) *dns.Msg {
	reply := new(dns.Msg).SetReply(query)
	reply.RecursionAvailable, reply.AuthenticatedData = true, true
	return reply
}

// secure is a secure answer with bo's certificate at the name that was asked for.
func secure(query *dns.Msg) *dns.Msg {
	return with(reply(query), func(m *dns.Msg) {
		m.Answer = []dns.RR{record(query.Question[0].Name, 3, 0, 0, bo().Raw)}
	})
}

func with(message *dns.Msg, change func(m *dns.Msg)) *dns.Msg {
	change(message)
	return message
}
