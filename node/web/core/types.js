/**
 * What the screens (`ui/`, `coop/`) and the core (`core/`) say to each other. The core knows no document and no words; the
 * screens know no database, no key and no network. One object, made by `openCore()` in `core.js`, is all that they share.
 */

/**
 * One person on this phone. Her private key never leaves the core.
 * @typedef {object} Profile
 * @property {string} id
 * @property {string} name as she calls herself on this phone; never sent but to whoever invited her
 * @property {string} key her public key, 64 hex digits
 * @property {string | null} actor URI in the ledger; null until her registrar approved
 * @property {string | null} organisation URI of the organisation above her
 * @property {string[]} roles
 * @property {'asked' | 'active' | 'revoked'} state
 * @property {boolean} hasPin
 * @property {string | null} picture data URL of a small picture she chose
 */

/**
 * An amount as typed and as it counts.
 * @typedef {object} Amount
 * @property {string} number exact decimal with a dot, in `unit`
 * @property {string} unit UN/CEFACT code (`KGM`, `LTR` and the like) or `''` for pieces
 * @property {{ number: string, unit: string } | null} typed as she typed it, such as 2 `ta`; kept for reading back
 */

/**
 * What happened, before it is signed. Every field beyond `verb` and `time` only where the verb needs it.
 * @typedef {object} Step
 * @property {'harvest' | 'process' | 'merge' | 'split' | 'pack' | 'ship' | 'receive' | 'sell' | 'lose' | 'inspect' | 'recall'} verb
 * @property {string} time RFC 3339 with offset, as the phone's clock says
 * @property {{ lot: string, amount: Amount }[]} [inputs] what is taken, moved or lost
 * @property {{ lot: string, product: string, amount: Amount }[]} [outputs] new lots; `lot` is made by `core.newLot()`
 * @property {string} [place] URI
 * @property {string} [party] URI of the other actor (to whom, from whom)
 * @property {string} [onBehalfOf] URI of the member for whom this is typed
 * @property {string} [for] URI of the organisation whose lots these are, when she acts for it; the core fills it in where it can tell
 * @property {string} [note]
 * @property {Blob[]} [photos] shrunk by the core
 * @property {{ count: number, root: string }} [serials]
 */

/**
 * Why something cannot be: the ledger's own code, the field, and numbers to put into words.
 * @typedef {object} Refused
 * @property {string} code such as `insufficient_quantity`
 * @property {string} field
 * @property {Record<string, string>} facts such as `{ left: '40', unit: 'KGM', lot: '...' }`
 * @property {string} detail technical, for the curious
 */

/**
 * Something she saved.
 * @typedef {object} Item
 * @property {string} id
 * @property {string} profile
 * @property {Step} step
 * @property {'waiting' | 'carried' | 'sent' | 'in_ledger' | 'witnessed' | 'needs_you'} state `carried`: signed and handed to a courier;
 *   `in_ledger`: the receipt was verified on this phone
 * @property {string} savedAt
 * @property {Refused | null} refused set when `needs_you`
 * @property {{ index: number, leafHash: string, receivedAt: number } | null} receipt
 * @property {{ sha256: string, bytes: number, sent: number }[]} photos how far each upload is
 * @property {{ said: string, meant: string } | null} clock set when the phone's clock was so wrong that the time had to be put right to be taken
 */

/**
 * A lot of hers as she may use it now: what the ledger says, less or plus what waits on this phone.
 * @typedef {object} LotCard
 * @property {string} lot URI
 * @property {string} short the code that people say, such as `CM-07` or the last letters
 * @property {string} product URI
 * @property {Amount} left
 * @property {Amount | null} incoming sent to her and not yet received
 * @property {string | null} from who sent what is incoming
 * @property {boolean} recalled
 * @property {boolean} waiting it, or part of it, is not in the ledger yet
 * @property {string} time when it was made or last moved
 * @property {string} holder URI of who holds it: she, or the organisation that she acts for
 * @property {string[]} can verbs possible now, most likely first
 */

/**
 * @typedef {object} Product
 * @property {string} id URI
 * @property {{ vi: string, en: string }} name
 * @property {string} unit
 * @property {{ number: string, unit: string } | null} content of one piece
 * @property {{ product: string, yieldMax: string }[]} madeFrom
 * @property {string | null} picture address of the picture
 */

/**
 * @typedef {object} Named a place or an actor
 * @property {string} id URI
 * @property {string} name to show; the slug where there is none
 * @property {string} class
 * @property {string[]} [roles]
 * @property {string | null} [owner]
 */

/**
 * The core. Every method works without a network but those that say otherwise; those reject with a `CoreError`.
 * @typedef {object} Core
 * @property {(listener: () => void) => () => void} onChange called after anything changed, also by another tab; gives what ends it
 * @property {() => Promise<{ persistent: boolean, freeBytes: number | null, browser: 'lasting' | 'forgetful', online: boolean, clockOffsetMs: number | null, alarm: { code: string, detail: string, time: string, over: string | null } | null }>} health `clockOffsetMs`: how far the phone is ahead; `alarm`: the node showed something that must not be (`forged_receipt`, `other_key`, `rolled_back`, `two_histories`); `over`: since when all is well again
 * @property {Profiles} profiles
 * @property {() => Promise<{ products: Product[], places: Named[], actors: Named[] }>} registry as last seen
 * @property {() => Promise<LotCard[]>} lots of the open profile
 * @property {() => string} newLot a new lot URI of this ledger
 * @property {(source: Blob) => Promise<Blob>} photo a picture made small, to be put into a step; `refused` when it is no picture
 * @property {(step: Step) => Promise<Refused | null>} check the rules, on the phone
 * @property {(step: Step) => Promise<Item>} save durable when it resolves; refuses what `check` refuses
 * @property {(id: string, step: Step) => Promise<Item>} change only while `waiting` or `needs_you`
 * @property {(id: string) => Promise<void>} remove only while `waiting` or `needs_you`
 * @property {(filter?: { state?: Item['state'], id?: string }) => Promise<Item[]>} items newest first
 * @property {(lot: string) => Promise<string | null>} productOf what a lot is, by URI, also of one that is all gone; null when this phone does not know
 * @property {(verb: Step['verb']) => Promise<Step | null>} last step of this verb, without amounts confirmed: to offer "same as last time"
 * @property {() => Promise<{ sent: number, refused: number, left: number }>} sync sends what waits, fetches what is new, verifies receipts; network
 * @property {Courier} courier
 * @property {WeighIn} weighIn
 * @property {(year: number) => Promise<YearPage>} year
 * @property {(page: YearPage) => Promise<Blob>} signedReport the page with her signature and proofs, for a bank or a buyer
 * @property {(lot: string) => Promise<string>} consumerLink of a lot
 */

/**
 * @typedef {object} Profiles
 * @property {() => Promise<Profile[]>} list
 * @property {() => Profile | null} open the one that is open now
 * @property {(invitation: string, name: string, pin: string | null) => Promise<Profile>} join with the token of an invitation; network
 * @property {(pem: string, passphrase: string | null, name: string, pin: string | null) => Promise<Profile>} importKey the file of `nguon key new`; network
 * @property {(id: string, pin: string | null) => Promise<Profile>} unlock rejects with code `wrong_pin` and `waitMs` after many tries
 * @property {() => void} lock
 * @property {(id: string, pin: string | null) => Promise<void>} setPin
 * @property {(id: string, changes: { name?: string, picture?: string | null }) => Promise<void>} change
 * @property {(id: string) => Promise<Profile>} refresh asks the node whether she was approved; network
 * @property {(bytes: Uint8Array) => Promise<Uint8Array>} sign a signature by the open profile's key, for requests to the node
 * @property {(kind: string, body: object) => Promise<{ index: number, leafHash: string }>} submit signs a statement other than a step (actor, key, product, place, recall) and sends it now; network
 */

/**
 * Signed items carried by somebody else's phone.
 * @typedef {object} Courier
 * @property {(ids?: string[]) => Promise<Blob>} exportFile signs what waits and gives one file
 * @property {(ids?: string[]) => Promise<string[]>} exportFrames the same as texts for a series of QR codes, any order, any start
 * @property {(file: Blob) => Promise<Received>} importFile of items or of receipts
 * @property {(frame: string) => Promise<{ have: number, of: number, done: Received | null }>} importFrame
 * @property {() => Promise<Blob>} exportReceipts of what this phone carried for others, to travel back
 * @property {() => Promise<{ from: string, count: number, sent: number, refused: number }[]>} carrying
 */

/** @typedef {{ items: number, receipts: number, alreadyKnown: number }} Received */

/**
 * Giver and receiver agree on an amount: a `ship` of hers and a `receive` of the other's, each keeping both.
 * @typedef {object} WeighIn
 * @property {(step: Step) => Promise<{ item: Item, frames: string[], code: string }>} offer the giver: saves and signs the `ship`; frames to show as QR, a short code to type
 * @property {(id: string) => Promise<string>} code the code to type of an item; `''` until it is in the ledger
 * @property {(frame: string) => Promise<{ have: number, of: number, offer: Offer | null }>} scan the receiver
 * @property {(code: string) => Promise<Offer>} byCode the receiver; network
 * @property {(offer: Offer, amount: Amount, place: string) => Promise<Item>} accept the receiver: saves her `receive`, and carries the giver's `ship` along
 * @property {(step: Step, giverProfile: string, pin: string | null) => Promise<{ ship: Item, receive: Item }>} onePhone both on one phone, the giver behind her own PIN
 */

/** @typedef {{ lot: string, product: string, amount: Amount, giver: string, time: string, envelope: string }} Offer */

/**
 * @typedef {object} YearPage
 * @property {number} year
 * @property {{ product: string, harvested: Amount[], made: Amount[], sold: Amount[], given: { to: string, amount: Amount }[], lost: Amount[] }[]} products
 * @property {{ index: number, time: string, verb: string, amount: Amount | null }[]} entries
 */

/**
 * @typedef {Error & { code: 'offline' | 'wrong_pin' | 'no_space' | 'not_found' | 'refused' | 'expired' | 'used' | 'broken_storage', waitMs?: number, refused?: Refused }} CoreError
 */

export {};
