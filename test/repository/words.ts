/** A wording that this project does not use, with the plain one that takes its place. */
export interface WordRule {
  readonly rule: string
  /** A space matches any gap between two words, line breaks of a comment included. */
  readonly pattern: RegExp
  readonly use: string
  /** A sentence that breaks the rule, and the same sentence in plain words. */
  readonly not: string
  readonly but: string
}

/** Rules for prose: comments, error texts, HELP texts, pages and test names. */
export const wordRules: readonly WordRule[] = [
  {
    rule: 'is none, are none',
    pattern: /\b(?:is|are|was|were|be) none\b/i,
    use: 'the condition: "is not an integer", "there is no pool"',
    not: 'a threshold that is none is refused',
    but: 'rejects a threshold that is not an integer of at least 2',
  },
  {
    rule: 'tell, told',
    pattern: /\b(?:tell|tells|telling|told)\b/i,
    use: 'report, return, show, notify, distinguish',
    not: '`onError` is told then',
    but: 'the error is reported to `onError`',
  },
  {
    rule: 'whoever',
    pattern: /\bwhoever\b/i,
    use: 'the noun: caller, scraper, reader',
    not: 'whoever scrapes is waited for',
    but: 'the endpoint waits for each scraper',
  },
  {
    rule: 'inside of, outside of',
    pattern: /\b(?:inside|outside) of\b/i,
    use: 'inside, outside',
    not: 'a query inside of a transaction',
    but: 'a query inside a transaction',
  },
  {
    rule: 'go on',
    pattern: /\b(?:go|goes|going|went) on\b/i,
    use: 'continue',
    not: 'the query goes on',
    but: 'the query continues',
  },
  {
    rule: 'let go',
    pattern: /\b(?:let|lets|letting) (?:[\w`]+ ){0,2}go\b/i,
    use: 'release, stop waiting, do not await',
    not: 'a handler that lets its queries go',
    but: 'a handler that does not await its queries',
  },
  {
    rule: 'some and a number',
    pattern: /\bsome (?:\d|two|three|five|ten|twenty|hundred|thousand|million)/i,
    use: 'about',
    not: 'some 5 µs a statement',
    but: 'about 5 µs per statement',
  },
  {
    rule: 'has to, have to',
    pattern: /\b(?:has|have|had) to\b/i,
    use: 'must',
    not: 'the primary has to make the call',
    but: 'the primary must make the call',
  },
  {
    rule: 'a second, as a rate',
    pattern:
      /(?:\b(?:operations|queries|statements|transactions|rows|requests|scrapes|times|lines|once|twice)|\d) an? (?:second|minute|hour|day|statement|operation)\b/i,
    use: 'per second',
    not: 'three transactions a minute',
    but: 'three transactions per minute',
  },
  {
    rule: 'where, as a condition',
    pattern:
      /\b(?:only|also|even|except|but|and|or) where\b|\bwhere (?:there (?:is|are)|nothing|nobody|no|it (?:can|cannot|has|does)|that (?:is|are|can|cannot))\b/i,
    use: 'if, when',
    not: 'a port is needed only where there is a proxy',
    but: 'a port is needed only if there is a proxy',
  },
  {
    rule: 'unit of work',
    pattern: /\bunits? of work\b|\bwork[ -]?meters?\b/i,
    use: 'scope',
    not: 'one unit of work',
    but: 'one scope',
  },
  {
    // Prisma 8's list of applied migrations is its ledger: that stays.
    rule: 'ledger of rows, ledger of a worker',
    pattern:
      /\b(?:row|worker|retired) ?ledgers?\b|\bledgers? of (?:a|the|its) (?:transaction|worker)/i,
    use: 'pending rows, worker snapshot',
    not: 'the ledger of a transaction',
    but: 'the pending rows of a transaction',
  },
  {
    rule: 'uncounted',
    pattern: /\buncounted\b/i,
    use: 'suppressed',
    not: 'runs uncounted',
    but: 'runs suppressed',
  },
  {
    rule: 'interpose',
    pattern: /\binterpos(?:e|es|ed|ing|ition)\b/i,
    use: 'wrap',
    not: 'interposes on the pool',
    but: 'wraps the pool',
  },
  {
    rule: 'room, for a module',
    pattern: /\b(?:this|each|every|another|which) room\b/i,
    use: 'module',
    not: 'each room has one door',
    but: 'each module has one entry',
  },
  {
    rule: 'shape',
    pattern: /\bshapes?\b/i,
    use: 'fingerprint; of an object: structure, type',
    not: 'operations of the same shape',
    but: 'operations with the same fingerprint',
  },
  {
    rule: 'home schema',
    pattern: /\bhome schemas?\b/i,
    use: 'default schema',
    not: 'the home schema of the client',
    but: 'the default schema of the client',
  },
  {
    rule: 'text cache',
    pattern: /\btext caches?\b/i,
    use: 'statement cache',
    not: 'the text cache is full',
    but: 'the statement cache is full',
  },
  {
    rule: 'probe',
    pattern: /\bprob(?:e|es|ed)\b/i,
    use: 'operation capture',
    not: 'a probe is open',
    but: 'an operation capture is active',
  },
]

/** A test name reads alone in a CI log. */
export const testNameRules: readonly WordRule[] = [
  {
    rule: 'starts with neither, nor, and, with or by',
    pattern: /^(?:neither|nor|and|with|by)\b/i,
    use: 'the verb first, with its subject',
    not: 'neither does a chain of scopes',
    but: 'does not leak memory in nested scopes',
  },
]
