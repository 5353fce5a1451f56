package view

import "testing"

func TestANameThatPassesForAnotherIsDoubted(t *testing.T) {
	others := []string{"Ferry", "BirdyChat", "Haiket"}
	for name, want := range map[string]Doubt{
		// Ordinary names, of all kinds.
		"":                      {},
		"Mira Petersen":         {},
		"Ferry Corsten":         {}, // a name that people have
		"Jerry":                 {},
		"Анна Каренина":         {},
		"Ελένη Παπαδοπούλου":    {},
		"Анна Smith":            {}, // each word of one alphabet
		"李小龍 Bruce":             {},
		"Bruceリー":               {}, // Latin beside kana is ordinary
		"김Minji":                {},
		"ليلى Leila":            {},
		"Łukasz Żółć-O’Brien":   {},
		"WA group of the house": {},
		"What's up?":            {},
		"Sappho":                {},
		"R2-D2":                 {},
		"👩\u200d🚀 Ada":          {},
		"Birdy":                 {},
		"my ferry is late":      {},

		// WhatsApp, in any disguise and in any company.
		"WhatsApp":                  {Like: "WhatsApp"},
		"whatsapp":                  {Like: "WhatsApp"},
		"Whats App Support":         {Like: "WhatsApp"},
		"W-h-a-t-s-A-p-p":           {Like: "WhatsApp"},
		"✅ WhatsApp Security Team":  {Like: "WhatsApp"},
		"WhatsApp Verification 🔒":   {Like: "WhatsApp"},
		"VVhatsApp":                 {Like: "WhatsApp"},
		"WhatsΑpp":                  {Like: "WhatsApp", Mixed: true}, // Greek Alpha
		"WhаtsАрр":                  {Like: "WhatsApp", Mixed: true}, // Cyrillic а, А, р
		"Ԝһатѕарр":                  {Like: "WhatsApp"},              // all Cyrillic
		"ᏔhatsApp":                  {Like: "WhatsApp", Mixed: true},
		"Ꮤhatsapp":                  {Like: "WhatsApp", Mixed: true},
		"Wh4tsApp":                  {Like: "WhatsApp"},
		"Wh@tsApp":                  {Like: "WhatsApp"},
		"Wha7sApp":                  {Like: "WhatsApp"},
		"What$App":                  {Like: "WhatsApp"},
		"ＷｈａｔｓＡｐｐ":                  {Like: "WhatsApp"},
		"𝓦𝓱𝓪𝓽𝓼𝓐𝓹𝓹":                  {Like: "WhatsApp"},
		"𝐖𝐡𝐚𝐭𝐬𝐀𝐩𝐩":                  {Like: "WhatsApp"},
		"ⓌⓗⓐⓣⓢⒶⓟⓟ":                  {Like: "WhatsApp"},
		"🅆🄷🄰🅃🅂🄰🄿🄿":                  {Like: "WhatsApp"},
		"Wħatsápp":                  {Like: "WhatsApp"},
		"Wh\u0301atsA\u0308pp":      {Like: "WhatsApp"},
		"whatsapp_official_de":      {Like: "WhatsApp"},
		"Support of WhatsApp, Inc.": {Like: "WhatsApp"},

		// Messengers: alone, or with words that make a name official.
		"Ferry":               {Like: "Ferry"},
		"FERRY":               {Like: "Ferry"},
		"ferry support":       {Like: "Ferry"},
		"Official Ferry":      {Like: "Ferry"},
		"Ferry Security Team": {Like: "Ferry"},
		"Fеrry":               {Like: "Ferry", Mixed: true}, // Cyrillic е
		"F3rry":               {Like: "Ferry"},
		"BirdyChat":           {Like: "BirdyChat"},
		"Birdy Chat Team":     {Like: "BirdyChat"},
		"BlrdyChat":           {Like: "BirdyChat"},
		"BıгdуСhat":           {Like: "BirdyChat", Mixed: true},
		"Bірdу":               {Mixed: true},
		"Haiket-Support":      {Like: "Haiket"},
		"Mіra":                {Mixed: true}, // Cyrillic і
		"раypal":              {Mixed: true},
	} {
		if got := DoubtName(CleanName(name), others...); got != want {
			t.Errorf("%q: %+v, want %+v", name, got, want)
		}
	}
}

func TestNamesThatLookAlikeHaveOneSkeleton(t *testing.T) {
	for _, pair := range [][2]string{
		{"kate", "Kаtе"}, {"modern", "modem"}, {"lIlI", "1l1|"}, {"O0o", "о0ο"}, {"paypal", "раураl"}, {"Zoë", "zoe"}, {"kate.b", "kate_b"}, {"clock", "dock"},
	} {
		if a, b := skeleton(pair[0]), skeleton(pair[1]); a != b {
			t.Errorf("%q gives %q, %q gives %q", pair[0], a, pair[1], b)
		}
	}
	for _, pair := range [][2]string{{"kate", "kata"}, {"Mira", "Mara"}, {"李", "王"}, {"ada", "adа1"}} {
		if skeleton(pair[0]) == skeleton(pair[1]) {
			t.Errorf("%q and %q are taken for the same", pair[0], pair[1])
		}
	}
}

func TestWhatIsNotSeenIsNotInAName(t *testing.T) {
	for name, want := range map[string]string{
		"Wh\u200catsApp":        "WhatsApp",
		"Wh\u200datsApp":        "WhatsApp",
		"ka\u2060te\u2063":      "kate",
		"ka\ufe0fte":            "kate",
		"ka\U000e0041te":        "kate",
		"ka\u034fte":            "kate",
		"ka\u115f\u1160te":      "kate",
		"ka\uffa0te":            "ka te",
		"ka\u180ete":            "kate",
		"❤\ufe0f Mira":          "❤\ufe0f Mira",
		"1\ufe0f\u20e3":         "1\ufe0f\u20e3",
		"👩\u200d❤\ufe0f\u200d👨": "👩\u200d❤\ufe0f\u200d👨",
		"\U0001f3f4\U000e0067\U000e0062\U000e007f": "\U0001f3f4\U000e0067\U000e0062\U000e007f",
		"نامه\u200cای":                             "نامه\u200cای", // Persian, parted as it should be
		"क्\u200dष":                                "क्\u200dष",
	} {
		if got := CleanName(name); got != want {
			t.Errorf("CleanName(%q) = %q, want %q", name, got, want)
		}
	}
}
