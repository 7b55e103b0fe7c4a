// Countersign's gate: asks the portal about each tool call before it runs.
//
// Lies in `plugin/` of the engine's OPENCODE_CONFIG_DIR, with its settings in `countersign-gate.json` beside that
// folder: {"portal": "https://…", "token": "csk_…"}. Both belong to another user than the engine's and its tools'.
// Written for OpenCode 1.18.33: one file, no dependency, nothing to install.
//
// Nothing here decides. Whatever goes wrong, the tool does not run: each way out of `ask` but two throws, and what
// a hook throws is what the tool fails with. Nothing is logged but what the plugin itself did; no command, no
// argument, no token ever reaches the log.

import crypto from "node:crypto"
import fs from "node:fs"
import path from "node:path"
import { fileURLToPath } from "node:url"

const VERSION = "1"
const SETTINGS = "countersign-gate.json"
// How long an unreachable portal is asked again before the call fails.
const PATIENCE_MS = 60_000
const FIRST_PAUSE_MS = 250
const LAST_PAUSE_MS = 4_000
const CALL_TIMEOUT_MS = 15_000
const WAIT_S = 25
const REPORT_PATIENCE_MS = 10 * 60_000
// A web fetch without a time-out makes the engine's list of pending requests unreadable while it waits.
const FETCH_TIMEOUT_S = 30
const MAX_DIFF_CHARACTERS = 1_000_000
const MAX_DIFFED_BYTES = 2_000_000
const CONTEXT_LINES = 3
const MAX_REMEMBERED = 5_000

// One name for the whole process: the module is loaded once, the plugin once for each folder.
const PROCESS = crypto.randomBytes(16).toString("hex")
const ENDED = Symbol("ended")

export const CountersignGate = async ({ client, directory }) => {
  const gate = new Gate(client, directory)
  // Not awaited: the engine waits for this function, and the report may ask the engine.
  gate.report()
  return {
    event: async ({ event }) => gate.hear(event),
    "tool.execute.before": async (input, output) => gate.ask(input, output),
  }
}

class Gate {
  constructor(client, directory) {
    this.client = client
    this.directory = directory
    this.instance = crypto.randomBytes(16).toString("hex")
    // Session → the agent that speaks in it, and its own rules.
    this.agents = new Map()
    this.rules = new Map()
    // Session → functions that end what is held of it.
    this.held = new Map()
    try {
      this.portal = new Portal(readSettings())
    } catch (error) {
      // Load all the same: a plugin that throws here is left out, and everything would run.
      this.fault = `The gate's settings can't be used (${error.message}), so nothing runs.`
      note(this.fault)
    }
  }

  async report() {
    if (this.fault) return
    const body = { process: PROCESS, instance: this.instance, directory: this.directory, plugin_version: VERSION }
    try {
      await this.portal.persist("POST", "gate/reports/", body, { patience: REPORT_PATIENCE_MS })
    } catch (error) {
      note(`could not report in: ${error.message}`)
    }
  }

  // What the engine tells itself: who speaks where, and which turns end while a call is held.
  hear(event) {
    const facts = event.properties ?? {}
    if (event.type === "message.updated" && facts.info?.role === "assistant") {
      remember(this.agents, facts.info.sessionID, facts.info.agent ?? facts.info.mode ?? "")
    } else if (event.type === "session.created" || event.type === "session.updated") {
      remember(this.rules, facts.info?.id, listRules(facts.info))
    } else if (event.type === "session.error" && facts.error?.name === "MessageAbortedError") {
      this.end(facts.sessionID)
    } else if (event.type === "session.idle") {
      this.end(facts.sessionID)
    } else if (event.type === "session.deleted") {
      this.end(facts.sessionID ?? facts.info?.id)
    } else if (event.type === "message.part.updated" && facts.part?.type === "tool") {
      // An aborted call's part ends at once; its hook would go on, and the tool would still run after it.
      if (["completed", "error"].includes(facts.part.state?.status)) this.end(facts.part.sessionID, facts.part.callID)
    }
  }

  end(session, call) {
    for (const held of [...(this.held.get(session) ?? [])]) if (call === undefined || held.call === call) held.stop()
  }

  async ask(input, output) {
    if (this.fault) throw new Error(this.fault)
    const held = this.hold(input)
    try {
      const body = await this.describe(input, output.args)
      if (input.tool === "webfetch" && output.args?.timeout === undefined) output.args.timeout = FETCH_TIMEOUT_S
      await this.await(held, body)
      if (held.isEnded) throw ENDED
    } catch (error) {
      if (error === ENDED) throw new Error("The turn had ended before this call was allowed; it was not run.")
      throw error
    } finally {
      this.let(input, held)
    }
  }

  // Returns when the call may run; throws when it may not.
  async await(held, body) {
    let answer = await held.race(this.portal.persist("POST", "gate/calls/", body, { signal: held.signal }))
    const call = `gate/calls/${answer.id}/`
    try {
      while (answer.answer === "hold") {
        const asking = this.portal.persist("GET", `${call}wait/?timeout=${WAIT_S}`, undefined, {
          signal: held.signal,
          timeout: WAIT_S * 1000 + CALL_TIMEOUT_MS,
        })
        answer = await held.race(asking)
        // Once more at the moment of letting go: a released hook runs its tool even after an abort.
        if (answer.answer === "allow")
          answer = await held.race(this.portal.persist("POST", `${call}take/`, {}, { signal: held.signal }))
      }
    } catch (error) {
      if (error === ENDED) this.withdraw(call)
      throw error
    }
    if (answer.answer !== "allow" && answer.answer !== "pass")
      throw new Error(answer.message || "This call was not allowed.")
  }

  async withdraw(call) {
    try {
      await this.portal.persist("POST", `${call}withdraw/`, {}, {})
    } catch (error) {
      note(`could not withdraw a call: ${error.message}`)
    }
  }

  hold(input) {
    const held = new Held(input.callID)
    this.held.set(input.sessionID, (this.held.get(input.sessionID) ?? new Set()).add(held))
    return held
  }

  let(input, held) {
    const all = this.held.get(input.sessionID)
    all?.delete(held)
    if (all?.size === 0) this.held.delete(input.sessionID)
  }

  async describe(input, args) {
    const given = args ?? {}
    return {
      key: crypto.randomBytes(16).toString("hex"),
      process: PROCESS,
      directory: this.directory,
      session_id: input.sessionID,
      call_id: String(input.callID),
      tool: input.tool,
      arguments: { ...given },
      diff: describeChange(input.tool, given, this.directory),
      paths: resolvePaths(given, this.directory),
      agent: this.agents.get(input.sessionID) ?? "",
      session_rules: await this.readRules(input.sessionID),
    }
  }

  // The session's own rules; null when they can't be known.
  async readRules(session) {
    if (this.rules.has(session)) return this.rules.get(session)
    try {
      const { data } = await this.client.session.get({ path: { id: session } })
      if (!data) return null
      remember(this.rules, session, listRules(data))
      return this.rules.get(session)
    } catch {
      return null
    }
  }
}

// A call that waits, and what ends it.
class Held {
  constructor(call) {
    this.call = call
    this.isEnded = false
    this.controller = new AbortController()
    this.signal = this.controller.signal
    this.over = new Promise((_, reject) => (this.reject = reject))
    this.over.catch(() => {})
  }

  stop() {
    this.isEnded = true
    this.reject(ENDED)
    this.controller.abort()
  }

  race(work) {
    work.catch(() => {})
    return Promise.race([work, this.over])
  }
}

class Portal {
  constructor({ portal, token }) {
    this.base = new URL("api/v1/", portal.endsWith("/") ? portal : `${portal}/`)
    if (!["http:", "https:"].includes(this.base.protocol)) throw new Error("the portal's address is no web address")
    this.token = token
  }

  // The answer's JSON. Asks again while the portal does not answer, then throws; a refusal throws at once.
  async persist(method, address, body, { patience = PATIENCE_MS, timeout = CALL_TIMEOUT_MS, signal } = {}) {
    const started = Date.now()
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LAST_PAUSE_MS)) {
      if (signal?.aborted) throw ENDED
      let fault
      try {
        const response = await this.send(method, address, body, timeout, signal)
        if (response.ok) return response.status === 204 ? {} : await response.json()
        // 409: this very call is being asked about, by an attempt of ours whose answer was lost.
        if (![409, 429, 500, 502, 503, 504].includes(response.status)) throw new Refusal(response.status)
        fault = `it answered ${response.status}`
      } catch (error) {
        if (error instanceof Refusal) throw error
        fault ??= "no answer"
      }
      if (Date.now() - started + pause > patience)
        throw new Error(`Countersign can't be reached (${fault}), so this call was not run. Try again later.`)
      await new Promise((resolve) => setTimeout(resolve, pause))
    }
  }

  send(method, address, body, timeout, signal) {
    const limit = AbortSignal.timeout(timeout)
    return fetch(new URL(address, this.base), {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      redirect: "error",
      signal: signal ? AbortSignal.any([limit, signal]) : limit,
    })
  }
}

class Refusal extends Error {
  constructor(status) {
    super(`Countersign did not take this call (${status}), so it was not run.`)
  }
}

function readSettings() {
  const place = path.join(path.dirname(fileURLToPath(import.meta.url)), "..", SETTINGS)
  const settings = JSON.parse(fs.readFileSync(place, "utf8"))
  if (typeof settings.portal !== "string" || typeof settings.token !== "string") throw new Error("incomplete")
  return settings
}

function note(text) {
  console.error(`countersign-gate: ${text}`)
}

function remember(memory, key, value) {
  if (!key) return
  memory.delete(key)
  memory.set(key, value)
  if (memory.size > MAX_REMEMBERED) memory.delete(memory.keys().next().value)
}

function listRules(session) {
  const rules = session?.permission ?? []
  return Array.isArray(rules) ? rules.map((rule) => [rule.permission, rule.pattern, rule.action].map(String)) : null
}

// Paths -------------------------------------------------------------------------------------------------------------

// Each path that the call names, and where it really leads; "" where that can't be told.
function resolvePaths(args, directory) {
  const paths = { [directory]: resolve(directory) }
  for (const name of ["filePath", "path", "workdir"])
    if (typeof args[name] === "string") paths[args[name]] = resolve(path.resolve(directory, args[name]))
  return paths
}

// The real path. Of a file that is not there yet, that of its nearest folder that is.
function resolve(wanted) {
  const missing = []
  for (let place = wanted; ; place = path.dirname(place)) {
    try {
      return path.join(fs.realpathSync(place), ...missing)
    } catch (error) {
      // A link that leads nowhere may lead anywhere tomorrow.
      if (error.code !== "ENOENT" || isLink(place) || place === path.dirname(place)) return ""
      missing.unshift(path.basename(place))
    }
  }
}

function isLink(place) {
  try {
    return fs.lstatSync(place).isSymbolicLink()
  } catch {
    return false
  }
}

// Changes -----------------------------------------------------------------------------------------------------------

// A unified diff of what `write` and `edit` are about to do; "" for anything else, and where it can't be told.
function describeChange(tool, args, directory) {
  if (typeof args.filePath !== "string" || !["write", "edit"].includes(tool)) return ""
  try {
    const place = path.resolve(directory, args.filePath)
    const old = readText(place)
    const changed = tool === "write" ? args.content : replaceText(old, args)
    if (typeof changed !== "string" || changed.length > MAX_DIFFED_BYTES) return ""
    const diff = compare(place, old, changed)
    return diff.length > MAX_DIFF_CHARACTERS ? "" : diff
  } catch {
    return ""
  }
}

function readText(place) {
  try {
    if (fs.statSync(place).size > MAX_DIFFED_BYTES) throw new Error("too large")
    return fs.readFileSync(place, "utf8")
  } catch (error) {
    if (error.code === "ENOENT") return ""
    throw error
  }
}

// What is there when the engine looks for the text less strictly than this is left to the arguments to show.
function replaceText(old, { oldString, newString, replaceAll }) {
  if (oldString === "") return newString
  if (typeof oldString !== "string" || typeof newString !== "string" || !old.includes(oldString)) return undefined
  return replaceAll ? old.split(oldString).join(newString) : old.replace(oldString, () => newString)
}

// One hunk: what the two have in common at both ends is left out, but for a few lines.
function compare(place, old, changed) {
  if (old === changed) return ""
  const before = toLines(old)
  const after = toLines(changed)
  let start = 0
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1
  let end = 0
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end)) end += 1
  const first = Math.max(0, start - CONTEXT_LINES)
  const tail = Math.min(end, CONTEXT_LINES)
  const removed = before.slice(start, before.length - end)
  const added = after.slice(start, after.length - end)
  const lead = before.slice(first, start)
  const trail = before.slice(before.length - end, before.length - end + tail)
  const range = (changes) => {
    const length = lead.length + changes + tail
    return `${length ? first + 1 : first},${length}`
  }
  return [
    `--- ${place}`,
    `+++ ${place}`,
    `@@ -${range(removed.length)} +${range(added.length)} @@`,
    ...lead.map((line) => ` ${line}`),
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    ...trail.map((line) => ` ${line}`),
    "",
  ].join("\n")
}

function toLines(text) {
  if (text === "") return []
  return (text.endsWith("\n") ? text.slice(0, -1) : text).split("\n")
}
