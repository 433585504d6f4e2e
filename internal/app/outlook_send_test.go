package app

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"time"
)

// arrivedSince waits for one more mail than there was, and gives it as it travelled.
func arrivedSince(t *testing.T, address string, before int) []byte {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if list := shared.university.Exchange.Delivered(address); len(list) > before {
			return list[before].Raw
		}
	}
	t.Fatalf("nothing arrived for %s", address)
	return nil
}

// arrivedNamed waits for the mail of a subject, and gives its number among those of the address, and it as it travelled.
func arrivedNamed(t *testing.T, address, subject string) (int, []byte) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		for n, d := range shared.university.Exchange.Delivered(address) {
			if bytes.Contains(d.Raw, []byte("\nSubject: "+subject+"\r\n")) {
				return n, d.Raw
			}
		}
	}
	t.Fatalf("nothing arrived for %s", address)
	return 0, nil
}

// Each client has a recipient of its own; other tests write to them too.
func sendingClients() map[string]string {
	return map[string]string{"classic": "eva@klinik.example", "new": "frans@kommune.example", "web": "chen@uni.example", "mac": "sikkerpost@region.example"}
}

func TestFromAnAddressTypedToTheReceiptInEachClient(t *testing.T) {
	t.Parallel()
	for client, address := range sendingClients() {
		t.Run(client, func(t *testing.T) {
			t.Parallel()
			subject := "Journal " + client
			p := openOutlook(t, nil, "client="+client)
			p.click("#secure")
			p.shows("empty")
			evaluate[bool](p, `document.getElementById("to").focus() ?? true`)
			p.press(address + ";")
			p.shows("ready")
			evaluate[bool](p, `document.getElementById("subject").focus() ?? true`)
			p.press(subject)
			evaluate[bool](p, `document.getElementById("body").focus() ?? true`)
			p.press("Svar på prøven er vedlagt.")
			evaluate[bool](p, `window.outlook.set({ attachments: [{ name: "svar.pdf", content: btoa("%PDF fortroligt") },
				{ name: "image001.png", type: "image/png", contentId: "image001.png@01DC01A7.5B2E4F10", content: "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==" }] }) ?? true`)
			evaluate[bool](p, `window.outlook.type(window.outlook.state().html + '<img src="cid:image001.png@01DC01A7.5B2E4F10" alt="">') ?? true`)
			p.shows("ready")
			p.inPane("#send")
			p.shows("done", "watching")
			p.until(`window.outlook.state().headers["x-send-sikker"]?.startsWith("sent ") || window.outlook.state().ended === "discarded"`)
			p.shows("done")
			p.inPane("#close")
			p.until(`window.outlook.state().ended === "discarded" && window.outlook.state().left === "nothing"`)
			n, raw := arrivedNamed(t, address, subject)
			if !bytes.Contains(raw, []byte("application/pkcs7-mime")) || bytes.Contains(raw, []byte("fortroligt")) {
				t.Errorf("it did not travel sealed:\n%.300s", raw)
			}
			// The one who opens it reads everything; so does a visitor, beside the compose window.
			evaluate[bool](p, `window.outlook.look("`+address+`", `+strconv.Itoa(n)+`) .then(() => true)`)
			p.until(`document.querySelector(".letter .good") !== null && document.querySelector(".letter .files").textContent.includes("svar.pdf") && document.querySelector(".letter pre").textContent.includes("pkcs7-mime")`)
			content := evaluate[string](p, `fetch(document.querySelector(".letter .content").src).then((r) => r.text())`)
			for _, part := range []string{"Svar på prøven er vedlagt.", `src="data:image/png`, "[Modtaget sikkert · Send sikker]"} {
				if !strings.Contains(content, part) {
					t.Errorf("opened, it lacks %q:\n%s", part, content)
				}
			}
			p.until(`[...document.querySelectorAll(".boxes section")].some((s) => s.textContent.includes("sikkermail@its.aau.example") && s.textContent.includes("Kvittering"))`)
			p.quiet()
		})
	}
}
