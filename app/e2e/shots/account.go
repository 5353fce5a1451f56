package main

import "github.com/chromedp/chromedp"

// account page, and signing in elsewhere.
func init() {
	title := `document.querySelector("#screen-title")`
	elsewhere := `document.querySelector("#elsewhere")`
	end := do(chromedp.Evaluate[chromedp.Void](`document.querySelector(".page-scroll").scrollTo(0, 1e6)`))
	prove := []step{fill("proof", "correct horse"), press("#delete-account"), wait(dialog)}
	gone := append(prove[:len(prove):len(prove)], press("#confirm"))
	shots = append(shots,
		shot{name: "sign-elsewhere", path: "/", story: "sign-elsewhere", until: elsewhere},
		shot{name: "sign-elsewhere-name", path: "/signin?error=no_username", story: "sign-elsewhere", until: elsewhere},
		shot{name: "sign-elsewhere-late", path: "/signin?error=sign_in_expired", story: "sign-elsewhere", until: elsewhere},
		shot{name: "account-end", path: "/settings/account", story: "chats", until: title, steps: []step{end}},
		shot{name: "account-elsewhere", path: "/settings/account", story: "account-elsewhere", until: elsewhereOnly},
		shot{name: "account-wipe", path: "/settings/account", story: "chats", until: title, steps: []step{press("#wipe"), wait(dialog)}},
		shot{name: "account-wiped", path: "/settings/account", story: "off", until: title, steps: []step{press("#wipe"), wait(dialog), press("#confirm"), wait(`document.querySelector("#sign-notice .note")`)}},
		shot{name: "kept", path: "/settings/account/data", story: "chats", until: `document.querySelector("#kept")`},
		shot{name: "kept-end", path: "/settings/account/data", story: "kept-not-told", until: `document.querySelector("#kept")`, steps: []step{end}},
		shot{name: "kept-little", path: "/settings/account/data", story: "kept-little", until: `document.querySelector("#kept")`},
		shot{name: "kept-fails", path: "/settings/account/data", story: "kept-fails", until: `document.querySelector(".note-error")`},
		shot{name: "password", path: "/settings/account/password", story: "chats", until: title},
		shot{name: "password-wrong", path: "/settings/account/password", story: "password-wrong", until: title, steps: []step{fill("old-password", "x"), fill("new-password", "battery staple"), press("#change-password"), wait(`document.querySelector(".field-bad")`)}},
		shot{name: "password-changed", path: "/settings/account/password", story: "chats", until: title, steps: []step{fill("old-password", "x"), fill("new-password", "battery staple"), press("#change-password"), wait(`document.querySelector("#password-changed")`)}},
		shot{name: "delete", path: "/settings/account/delete", story: "chats", until: title},
		shot{name: "delete-end", path: "/settings/account/delete", story: "chats", until: title, steps: []step{end}},
		shot{name: "delete-elsewhere", path: "/settings/account/delete", story: "account-elsewhere", until: `document.querySelector("#proof[type=text]")`, steps: []step{fill("proof", "bob"), press("#delete-account"), end}},
		shot{name: "delete-ask", path: "/settings/account/delete", story: "chats", until: title, steps: prove},
		shot{name: "delete-busy", path: "/settings/account/delete", story: "delete-takes-a-bit", until: title, steps: append(gone[:len(gone):len(gone)], wait(`document.querySelector(".working")`))},
		shot{name: "delete-wrong", path: "/settings/account/delete", story: "delete-wrong", until: title, steps: append(gone[:len(gone):len(gone)], wait(`document.querySelector(".field-bad")`))},
		shot{name: "delete-no-gateway", path: "/settings/account/delete", story: "delete-no-gateway", until: title, steps: append(gone[:len(gone):len(gone)], wait(`document.querySelector("#delete-error .note")`), end)},
		shot{name: "delete-done", path: "/settings/account/delete", story: "chats", until: title, steps: append(gone[:len(gone):len(gone)], wait(`document.querySelector("#sign-notice .note")`))},
	)
}

// elsewhereOnly is the account page without a password.
const elsewhereOnly = `document.querySelector("#screen-title") && !document.querySelector('a[href="/settings/account/password"]')`
