package partners

// words is all that the page says in one language. No field may be empty, and every language has as many steps as Danish.
type words struct {
	Tag, Language string // BCP 47, and what those who speak it call it
	DateForm      string // day, month, year, kept on one line
	Months        [12]string

	Title, Lead                    string
	Skip, Languages, Contents      string
	Search, Hint, Go, All          string
	Mailbox, Mailboxes             string // counted: 1, and all other numbers
	Matching, None, NoneYet, Limit string

	Address, Holder, Issuer, Validity, Until string
	Fingerprint                              string
	Good, Soon, Ended, Early                 string // the state, in a word or two
	SoonHelp, EndedHelp, EarlyHelp, Unnamed  string
	Next, NextHelp                           string // of a certificate that follows; its day stands between them
	Certificate, Bundle, Contact, ForReader  string

	Find string
	// Compare sends Windows' users to certutil: Windows shows the SHA-1 of a certificate only, and of a file in DER, as ours
	// is, the hash of the file is the fingerprint.
	Compare section
	Import  string
	Once    string    // under Import
	Guides  []section // one for each program
	Doubt   string    // when the program does not trust the issuer
	Write   section
	Learn   section

	Absent, Busy, Away, Back string
	AbsentHelp, BusyHelp     string
	AwayHelp                 string
}

// section is a heading, and what to do in what order.
type section struct {
	Title string
	Lead  string
	Steps []string
}

func danish() words {
	return words{
		Tag: "da", Language: "Dansk", DateForm: "%d.\u00a0%s\u00a0%d",
		Months: [12]string{"januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober", "november", "december"},

		Title: "Certifikater til sikker mail",
		Lead:  "Her er certifikaterne for vores sikre funktionspostkasser. Med et af dem kan dit mailprogram kryptere en mail, så kun den postkasse kan læse den.",
		Skip:  "Gå til indholdet", Languages: "Sprog", Contents: "På denne side",
		Search: "Søg efter enhed eller mailadresse", Hint: "For eksempel »løn« eller »sikkermail@«", Go: "Søg", All: "Vis alle",
		Mailbox: "postkasse", Mailboxes: "postkasser",
		Matching: "passer til",
		None:     "Ingen postkasse passer til søgningen. Prøv med et kortere ord, eller vis dem alle.",
		NoneYet:  "Her er ingen postkasser endnu.",
		Limit:    "Her vises kun de første. Søg for at finde resten.",

		Address: "Mailadresse", Holder: "Udstedt til", Issuer: "Udstedt af", Validity: "Gyldigt", Until: "til",
		Fingerprint: "Fingeraftryk (SHA-256)",
		Good:        "Gyldigt", Soon: "Udløber snart", Ended: "Udløbet", Early: "Gælder ikke endnu",
		SoonHelp:  "Kom tilbage efter det nye certifikat, når det gamle udløber.",
		EndedHelp: "Brug ikke dette certifikat. Kontakt os, hvis der ikke snart kommer et nyt.",
		EarlyHelp: "Vent med at bruge det, til datoen er nået.",
		Unnamed:   "Mailadressen står ikke i certifikatet. Outlook kan bruge det gennem en kontakt; Apple Mail og Thunderbird kan ikke.",
		Next:      "Fra", NextHelp: "signerer postkassen med et nyt certifikat. Du kan hente det nu og kryptere til det allerede.",
		Certificate: "Certifikat (.cer)", Bundle: "Med udstedere (.p7b)", Contact: "Kontakt (.vcf)", ForReader: "for",

		Find: "Find en postkasse",
		Compare: section{
			Title: "Sammenlign fingeraftrykket",
			Lead:  "Gør det, før du bruger et certifikat første gang. Så ved du, at det er vores.",
			Steps: []string{
				"Ring til enheden på et nummer, du kender i forvejen. Brug ikke et nummer fra en mail.",
				"Find fingeraftrykket (SHA-256) af den fil, du har hentet. På Mac og i Thunderbird står det i certifikatet. På Windows viser kommandoen »certutil -hashfile FIL.cer SHA256« det.",
				"Læs det op, fire tegn ad gangen. Er blot ét tegn forskelligt, er det ikke vores certifikat.",
			},
		},
		Import: "Læg certifikatet ind i dit mailprogram",
		Once:   "Det skal du kun gøre én gang, indtil certifikatet udløber.",
		Doubt:  "Siger programmet, at det ikke kan stole på udstederen? Så bed din it-afdeling om at godkende den. Filen med udstedere (.p7b) hjælper; rodcertifikatet henter it-afdelingen hos udstederen selv.",
		Guides: []section{
			{
				Title: "Outlook", Lead: "Klassisk Outlook på Windows",
				Steps: []string{
					"Hent kontakten (.vcf), åbn filen, og vælg »Gem og luk«. Kontakten har certifikatet med.",
					"Har du allerede kontakten, så åbn den, og vælg »Certifikater« og »Importér«. Peg på certifikatet (.cer).",
					"Vælg modtageren fra dine kontakter, når du skriver.",
					"Ny Outlook og Outlook på nettet bruger jeres fælles adressebog: Bed din it-afdeling om at lægge certifikatet (.cer) ind dér.",
				},
			},
			{
				Title: "Apple Mail", Lead: "Mac, iPhone og iPad",
				Steps: []string{
					"På Mac: Hent certifikatet (.cer), og åbn filen. Den lægges i din nøglering.",
					"Luk Mail, og åbn programmet igen. Låsen ved emnet kan nu lukkes, når du skriver til adressen.",
					"På iPhone og iPad: Bed os om en signeret mail. Tryk på afsenderen, »Vis certifikat« og »Installer«.",
				},
			},
			{
				Title: "Thunderbird", Lead: "Windows, Mac og Linux",
				Steps: []string{
					"Hent certifikatet (.cer). Åbn Indstillinger, »Privatliv og sikkerhed«, »Håndter certifikater«.",
					"Vælg fanen »Personer« og »Importér«. Peg på filen.",
					"Er udstederen ukendt, så importér først dens rodcertifikat under fanen »Autoriteter«.",
				},
			},
		},
		Write: section{
			Title: "Skriv krypteret til os",
			Lead:  "Når certifikatet er lagt ind, gælder det for hver mail:",
			Steps: []string{
				"Skriv til præcis den adresse, der står ved certifikatet.",
				"Slå kryptering med S/MIME til. I Outlook: Indstillinger, »Krypter«. I Apple Mail: låsen ved emnet. I Thunderbird: menuen »S/MIME«.",
				"Hold emnet fri for fortrolige oplysninger. Emnet bliver ikke krypteret.",
			},
		},
		Learn: section{
			Title: "Send os én signeret mail",
			Lead:  "Vi kan først svare krypteret, når vi kender dit certifikat. Det lærer vi af en mail, som du har signeret.",
			Steps: []string{
				"Du skal have dit eget S/MIME-certifikat, udstedt til din mailadresse. Det får du af din it-afdeling.",
				"Skriv til en af postkasserne, og slå digital signatur til. Én mail er nok.",
				"Får du et nyt certifikat, så send en signeret mail igen.",
			},
		},

		Absent: "Siden findes ikke", AbsentHelp: "Adressen er måske skrevet forkert, eller postkassen er nedlagt.",
		Busy: "For mange forespørgsler", BusyHelp: "Vent et minut, og prøv igen.",
		Away: "Certifikaterne kan ikke vises lige nu", AwayHelp: "Prøv igen om lidt. Fejlen er hos os.",
		Back: "Se alle postkasser",
	}
}

func english() words {
	return words{
		Tag: "en", Language: "English", DateForm: "%d\u00a0%s\u00a0%d",
		Months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},

		Title: "Certificates for secure mail",
		Lead:  "These are the certificates of our secure function mailboxes. With one of them, your mail program can encrypt a mail so that only that mailbox can read it.",
		Skip:  "Skip to the content", Languages: "Language", Contents: "On this page",
		Search: "Search for a unit or mail address", Hint: "For example “payroll” or “sikkermail@”", Go: "Search", All: "Show all",
		Mailbox: "mailbox", Mailboxes: "mailboxes",
		Matching: "matching",
		None:     "No mailbox matches. Try a shorter word, or show them all.",
		NoneYet:  "There are no mailboxes here yet.",
		Limit:    "Only the first are shown. Search to find the rest.",

		Address: "Mail address", Holder: "Issued to", Issuer: "Issued by", Validity: "Valid", Until: "to",
		Fingerprint: "Fingerprint (SHA-256)",
		Good:        "Valid", Soon: "Expires soon", Ended: "Expired", Early: "Not valid yet",
		SoonHelp:  "Come back for the new certificate when this one expires.",
		EndedHelp: "Do not use this certificate. Contact us if no new one appears soon.",
		EarlyHelp: "Wait until that date before you use it.",
		Unnamed:   "The mail address is not inside the certificate. Outlook can use it through a contact; Apple Mail and Thunderbird cannot.",
		Next:      "From", NextHelp: "the mailbox signs with a new certificate. You can fetch it now, and encrypt for it already.",
		Certificate: "Certificate (.cer)", Bundle: "With issuers (.p7b)", Contact: "Contact (.vcf)", ForReader: "for",

		Find: "Find a mailbox",
		Compare: section{
			Title: "Compare the fingerprint",
			Lead:  "Do this before you use a certificate for the first time. Then you know that it is ours.",
			Steps: []string{
				"Telephone the unit on a number that you already know. Do not use a number from a mail.",
				"Find the fingerprint (SHA-256) of the file that you downloaded. On a Mac and in Thunderbird it stands in the certificate. On Windows, the command “certutil -hashfile FILE.cer SHA256” shows it.",
				"Read it aloud, four characters at a time. If a single character differs, it is not our certificate.",
			},
		},
		Import: "Put the certificate into your mail program",
		Once:   "You do this once only, until the certificate expires.",
		Doubt:  "Does the program say that it cannot trust the issuer? Ask your IT department to approve it. The file with issuers (.p7b) helps; the root certificate they fetch from the issuer itself.",
		Guides: []section{
			{
				Title: "Outlook", Lead: "Classic Outlook for Windows",
				Steps: []string{
					"Download the contact (.vcf), open the file and choose “Save & Close”. The contact brings the certificate along.",
					"If you already have the contact, open it, then choose “Certificates” and “Import”. Point to the certificate (.cer).",
					"Pick the recipient from your contacts when you write.",
					"New Outlook and Outlook on the web use your organisation's address book: ask your IT department to add the certificate (.cer) there.",
				},
			},
			{
				Title: "Apple Mail", Lead: "Mac, iPhone and iPad",
				Steps: []string{
					"On a Mac: download the certificate (.cer) and open the file. It goes into your keychain.",
					"Quit Mail and open it again. The lock beside the subject can now be closed when you write to the address.",
					"On iPhone and iPad: ask us for a signed mail. Tap the sender, “View Certificate” and “Install”.",
				},
			},
			{
				Title: "Thunderbird", Lead: "Windows, Mac and Linux",
				Steps: []string{
					"Download the certificate (.cer). Open Settings, “Privacy & Security”, “Manage Certificates”.",
					"Choose the tab “People” and “Import”. Point to the file.",
					"If the issuer is unknown, first import its root certificate on the tab “Authorities”.",
				},
			},
		},
		Write: section{
			Title: "Write to us encrypted",
			Lead:  "Once the certificate is in place, for every mail:",
			Steps: []string{
				"Write to exactly the address that is shown with the certificate.",
				"Turn on encryption with S/MIME. In Outlook: Options, “Encrypt”. In Apple Mail: the lock beside the subject. In Thunderbird: the “S/MIME” menu.",
				"Keep confidential things out of the subject. The subject is not encrypted.",
			},
		},
		Learn: section{
			Title: "Send us one signed mail",
			Lead:  "We can answer encrypted only when we know your certificate. We learn it from a mail that you have signed.",
			Steps: []string{
				"You need an S/MIME certificate of your own, issued to your mail address. Your IT department can give you one.",
				"Write to one of the mailboxes and turn on the digital signature. One mail is enough.",
				"When you get a new certificate, send a signed mail again.",
			},
		},

		Absent: "There is no such page", AbsentHelp: "The address may be misspelt, or the mailbox may have been closed.",
		Busy: "Too many requests", BusyHelp: "Wait a minute, then try again.",
		Away: "The certificates cannot be shown just now", AwayHelp: "Try again shortly. The fault is ours.",
		Back: "See all mailboxes",
	}
}

func german() words {
	return words{
		Tag: "de", Language: "Deutsch", DateForm: "%d.\u00a0%s\u00a0%d",
		Months: [12]string{"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September", "Oktober", "November", "Dezember"},

		Title: "Zertifikate für sichere E-Mail",
		Lead:  "Hier finden Sie die Zertifikate unserer sicheren Funktionspostfächer. Damit kann Ihr E-Mail-Programm eine Nachricht so verschlüsseln, dass nur das jeweilige Postfach sie lesen kann.",
		Skip:  "Zum Inhalt springen", Languages: "Sprache", Contents: "Auf dieser Seite",
		Search: "Nach Einheit oder E-Mail-Adresse suchen", Hint: "Zum Beispiel „Personal“ oder „sikkermail@“", Go: "Suchen", All: "Alle anzeigen",
		Mailbox: "Postfach", Mailboxes: "Postfächer",
		Matching: "passend zu",
		None:     "Kein Postfach passt zu Ihrer Suche. Versuchen Sie ein kürzeres Wort, oder lassen Sie alle anzeigen.",
		NoneYet:  "Hier gibt es noch keine Postfächer.",
		Limit:    "Es werden nur die ersten angezeigt. Über die Suche finden Sie die übrigen.",

		Address: "E-Mail-Adresse", Holder: "Ausgestellt für", Issuer: "Ausgestellt von", Validity: "Gültig", Until: "bis",
		Fingerprint: "Fingerabdruck (SHA-256)",
		Good:        "Gültig", Soon: "Läuft bald ab", Ended: "Abgelaufen", Early: "Noch nicht gültig",
		SoonHelp:  "Holen Sie hier das neue Zertifikat, sobald dieses abläuft.",
		EndedHelp: "Verwenden Sie dieses Zertifikat nicht. Wenden Sie sich an uns, falls nicht bald ein neues erscheint.",
		EarlyHelp: "Warten Sie bis zu diesem Tag, bevor Sie es verwenden.",
		Unnamed:   "Die E-Mail-Adresse steht nicht im Zertifikat. Outlook kann es über einen Kontakt verwenden, Apple Mail und Thunderbird nicht.",
		Next:      "Ab", NextHelp: "signiert das Postfach mit einem neuen Zertifikat. Sie können es jetzt laden und schon dafür verschlüsseln.",
		Certificate: "Zertifikat (.cer)", Bundle: "Mit Ausstellern (.p7b)", Contact: "Kontakt (.vcf)", ForReader: "für",

		Find: "Postfach finden",
		Compare: section{
			Title: "Fingerabdruck vergleichen",
			Lead:  "Tun Sie das, bevor Sie ein Zertifikat zum ersten Mal verwenden. Dann wissen Sie, dass es von uns ist.",
			Steps: []string{
				"Rufen Sie die Einheit unter einer Nummer an, die Sie bereits kennen. Verwenden Sie keine Nummer aus einer E-Mail.",
				"Suchen Sie den Fingerabdruck (SHA-256) der Datei, die Sie heruntergeladen haben. Auf dem Mac und in Thunderbird steht er im Zertifikat. Unter Windows zeigt ihn der Befehl „certutil -hashfile DATEI.cer SHA256“.",
				"Lesen Sie ihn vor, jeweils vier Zeichen. Weicht auch nur ein Zeichen ab, ist es nicht unser Zertifikat.",
			},
		},
		Import: "Zertifikat in Ihr E-Mail-Programm übernehmen",
		Once:   "Das ist nur einmal nötig, bis das Zertifikat abläuft.",
		Doubt:  "Meldet das Programm, dass es dem Aussteller nicht vertraut? Bitten Sie Ihre IT-Abteilung, ihn zuzulassen. Die Datei mit Ausstellern (.p7b) hilft; das Stammzertifikat holt die IT-Abteilung beim Aussteller selbst.",
		Guides: []section{
			{
				Title: "Outlook", Lead: "Klassisches Outlook für Windows",
				Steps: []string{
					"Laden Sie den Kontakt (.vcf) herunter, öffnen Sie die Datei, und wählen Sie „Speichern & schließen“. Der Kontakt bringt das Zertifikat mit.",
					"Gibt es den Kontakt schon, öffnen Sie ihn, und wählen Sie „Zertifikate“ und „Importieren“. Geben Sie das Zertifikat (.cer) an.",
					"Wählen Sie den Empfänger beim Schreiben aus Ihren Kontakten.",
					"Das neue Outlook und Outlook im Web verwenden das Adressbuch Ihrer Organisation: Bitten Sie Ihre IT-Abteilung, das Zertifikat (.cer) dort einzutragen.",
				},
			},
			{
				Title: "Apple Mail", Lead: "Mac, iPhone und iPad",
				Steps: []string{
					"Auf dem Mac: Laden Sie das Zertifikat (.cer) herunter, und öffnen Sie die Datei. Es kommt in Ihren Schlüsselbund.",
					"Beenden Sie Mail, und öffnen Sie es erneut. Das Schloss neben dem Betreff lässt sich nun schließen, wenn Sie an die Adresse schreiben.",
					"Auf iPhone und iPad: Bitten Sie uns um eine signierte E-Mail. Tippen Sie auf den Absender, „Zertifikat anzeigen“ und „Installieren“.",
				},
			},
			{
				Title: "Thunderbird", Lead: "Windows, Mac und Linux",
				Steps: []string{
					"Laden Sie das Zertifikat (.cer) herunter. Öffnen Sie die Einstellungen, „Datenschutz & Sicherheit“, „Zertifikate verwalten“.",
					"Wählen Sie den Reiter „Personen“ und „Importieren“. Geben Sie die Datei an.",
					"Ist der Aussteller unbekannt, importieren Sie zuerst dessen Stammzertifikat auf dem Reiter „Zertifizierungsstellen“.",
				},
			},
		},
		Write: section{
			Title: "Verschlüsselt an uns schreiben",
			Lead:  "Ist das Zertifikat übernommen, gilt für jede E-Mail:",
			Steps: []string{
				"Schreiben Sie genau an die Adresse, die beim Zertifikat steht.",
				"Schalten Sie die Verschlüsselung mit S/MIME ein. In Outlook: Optionen, „Verschlüsseln“. In Apple Mail: das Schloss neben dem Betreff. In Thunderbird: das Menü „S/MIME“.",
				"Halten Sie den Betreff frei von Vertraulichem. Der Betreff wird nicht verschlüsselt.",
			},
		},
		Learn: section{
			Title: "Senden Sie uns eine signierte E-Mail",
			Lead:  "Verschlüsselt antworten können wir erst, wenn wir Ihr Zertifikat kennen. Wir lernen es aus einer E-Mail, die Sie signiert haben.",
			Steps: []string{
				"Sie brauchen ein eigenes S/MIME-Zertifikat, ausgestellt auf Ihre E-Mail-Adresse. Sie bekommen es von Ihrer IT-Abteilung.",
				"Schreiben Sie an eines der Postfächer, und schalten Sie die digitale Signatur ein. Eine E-Mail genügt.",
				"Bekommen Sie ein neues Zertifikat, senden Sie erneut eine signierte E-Mail.",
			},
		},

		Absent: "Diese Seite gibt es nicht", AbsentHelp: "Vielleicht ist die Adresse falsch geschrieben, oder das Postfach wurde geschlossen.",
		Busy: "Zu viele Anfragen", BusyHelp: "Warten Sie eine Minute, und versuchen Sie es dann erneut.",
		Away: "Die Zertifikate können gerade nicht angezeigt werden", AwayHelp: "Versuchen Sie es gleich noch einmal. Der Fehler liegt bei uns.",
		Back: "Alle Postfächer anzeigen",
	}
}
