// Package ui is what a person sees: screens and parts in go-app, drawn from
// port values alone. It knows no key and no store; the browser's facilities
// and the engine come in through Deps.
//
// How it is built. Package view holds what is shown, as plain values that a
// test can drive. Package control turns what the user does into commands, and
// events into changes of the view. Each screen is a folder that draws the view,
// from the parts in kit. All texts are in lang.
//
// All state is touched on go-app's one goroutine only: what comes from
// elsewhere is posted there first.
//
// # Hooks for tests
//
// These ids and attributes are stable:
//
//	#username #password #submit #switch     sign in, sign up; #form-error
//	#search #new-chat #settings-button      the head of the chat list
//	#chat-list a[data-chat=ID]              a row; data-unread="3"
//	#phone #phone-submit #phone-answer      new chat; data-status of the answer
//	#thread                                 the scrolling thread; data-chat=ID
//	[data-id=MESSAGE]                       a bubble; data-state=pending|sent|
//	                                        delivered|read|failed|received
//	#typing                                 the peer is typing
//	#composer #send #jump                   below the thread
//	#link-banner                            data-hop=network|relay|gateway|
//	                                        session, data-phase=LinkPhase
//	#third-party                            data-state=off|connecting|on
//	#third-party-agree #third-party-off     turn on; turn off, then #confirm
//	#halted                                 data-reason=…
//	#announce                               the polite live region
//	#toast #undo #reload #back
package ui
