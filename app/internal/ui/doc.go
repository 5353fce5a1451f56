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
//	#requests #requests-all                 the requests at its top; data-count
//	#request-bar #request-accept            below the thread of a request; also
//	                                        #request-block #request-report #request-delete
//	#blocked-bar #unblock                   below the thread of somebody who is blocked
//	#chat-more                              opens #menu, data-for=chat, with
//	                                        [data-action=info|block|unblock|report|decline]
//	#block-ask #block-confirm #block-app    before somebody is blocked; #also-CHAT
//	#report #report-send #report-block      [data-message] to choose; #report-leaves
//	                                        [data-shows] is what leaves; #reason-REASON
//	#contact #safety #safety-digits #verify /chat/ID/info; #unverify; #safety has
//	                                        data-verified, data-held
//	#held-bar #held-check #held-send        while a new key holds messages back
//	.notice[data-notice=KIND]               a line in the thread about the chat
//	#first                                  what the person will and will not see
//	#blocked-people [data-chat]             /settings/privacy/blocked, with
//	#blocked-apps [data-app]                [data-do=unblock]
//	#phone #phone-submit #phone-answer      new chat; data-status of the answer
//	#thread                                 the scrolling thread; data-chat=ID
//	[data-id=MESSAGE]                       a bubble; data-state=pending|sent|
//	                                        delivered|read|failed|received
//	#typing                                 the peer is typing
//	#search-results [data-order]            what a search found; data-done once it has
//	                                        answered; #hits-more #hits-again
//	#chat-search #find-bar #find            searching the open chat; #find-date
//	                                        #find-close
//	#composer #send #jump                   below the thread
//	[data-id] with an attachment            data-kind=KIND, data-media=MediaState; in it
//	                                        data-action=fetch|stop|save|play|ask
//	#attach #attach-photos #attach-file     what to attach
//	#tray #tray-caption #tray-original      files about to be sent; #tray-shown
//	#tray-send #tray-add #tray-close
//	#record #recorder #record-send          a voice message; #record-stop
//	#record-cancel #record-again
//	#viewer #viewer-image #viewer-next      pictures over the page; #viewer-previous
//	#viewer-in #viewer-out #viewer-save #viewer-close
//	#player                                 what plays sound
//	#link-banner                            data-hop=network|relay|gateway|
//	                                        session, data-phase=LinkPhase; #link-act
//	#third-party                            data-state=off|connecting|on
//	#third-party-agree #third-party-off     turn on; turn off, then #confirm
//	#sign-wipe                              deletes what is here of who was signed out
//	#persona                                whose tab it is, of a WhatsApp user: data-phone
//	#phones [data-phone] #phone-name        choosing one on /wa; #phone-number #phone-make
//	#be-whatsapp                            on the first page, leads there
//	#consent                                data-state=unknown|off|on; #consent-begin
//	#consent-step                           data-step=1|2|3; #consent-continue #consent-finish
//	                                        #consent-not-now #choose-PROVIDER #inbox-separate
//	                                        #inbox-combined; then #consent-done
//	#app-PROVIDER #consent-off              changed later; #consent-requests
//	#third-party-inbox                      leads to the separate inbox; data-unread
//	#new-apps                               a new app; #new-apps-look #new-apps-later
//	#closed                                 in place of the composer: data-why=ClosedWhy;
//	                                        #closed-do #closed-again
//	#find-in-PROVIDER #person               a new chat by app and username; #person-answer
//	#halted                                 data-reason=…
//	[data-id]                               also has data-kind=text|image|…, and
//	                                        data-media=MediaState of attachments
//	#more-MESSAGE                           opens #menu, data-for=MESSAGE, with
//	                                        [data-action=reply|react|copy|edit|
//	                                        revoke|delete|who|original|save|
//	                                        fetch|stop] and [data-emoji=👍]
//	.quote[data-quote=MESSAGE]              in a bubble: leads to the original
//	.chip[data-emoji=👍]                    a reaction; opens #who, with
//	                                        [data-do=unreact]
//	#reply-bar                              data-mode=reply|edit; #reply-cancel
//	#emoji-button #emoji                    the picker: #emoji-search, .emoji-cell,
//	                                        #emoji-tone
//	#emoji-names [data-code=":smile:"]      names that complete what is written
//	#presence                               under the name in a chat's head
//	#name-person                            opens #naming: #given-name #name-save
//	#privacy-read #privacy-typing #privacy-last-seen
//	#announce                               the polite live region
//	#toast #undo #reload #back
package ui
