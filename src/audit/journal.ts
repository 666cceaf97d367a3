import { fdatasync, fstatSync, renameSync, type Stats, statSync, write } from 'node:fs'
import { promisify } from 'node:util'
import { afterOutage, closeFile, type OpenFile, openFile, unopened } from './open-file.js'
import { syncDirectoryOf } from './sync-directory.js'

const writeBytes = promisify(write)
const syncData = promisify(fdatasync)

/** How much is written and synced at once. */
const maxBatchBytes = 1_048_576
const maxQueuedBytes = 64 * 1_048_576
/** A disk that takes so long for one batch counts as an outage, until it is done after all. */
const hungMilliseconds = 5_000

export interface JournalOptions {
  readonly path: string
  /** Records kept in memory while the file cannot be written. */
  readonly maxQueuedRecords: number
  /** The file cannot be written; `code` is the system's error code. Called once per outage. */
  readonly onFailure: (code: string) => void
  /**
   * It can again. `lostRecords` found no room in memory; when there are any, the file's chain ends here, with `lastLine`
   * (null: not written by this process).
   */
  readonly onRecovery: (lostRecords: number, lastLine: string | null) => void
  /** Whether the file is still this process's to write. Otherwise what waits is given up: what stands in it is another's. */
  readonly ours: () => boolean
  /** Runs `callback` once, after so many milliseconds, without keeping the process alive. */
  readonly after: (milliseconds: number, callback: () => void) => void
  readonly retryMilliseconds: number
  /** The same, unless what it returns is called before. */
  readonly deadline: (milliseconds: number, callback: () => void) => () => void
}

/** An append-only file of lines. Lines that wait are written together, by one write and one fdatasync. */
export interface Journal {
  /** Resolves when the line is on disk. Rejects when it is not; it may still get there after an outage. */
  append(line: string): Promise<void>
  /**
   * Whether the file was renamed or removed (`replaced`) or shortened (`truncated`) under us since the last line. Lines
   * appended from now on go to what has its name now.
   */
  beganNewFile(): false | 'replaced' | 'truncated'
  /**
   * Renames the file; lines appended from now on go to a new one of the old name. Returns null, or the system's code when that
   * is impossible, and then nothing has changed.
   */
  rotate(closedPath: string): string | null
  /** Bytes of the present file, those that wait included. */
  size(): number
  /**
   * How many bytes of a file, by its inode, are known to be on disk; null for a file that is not written to any more. What
   * stands behind them may be taken back after an outage.
   */
  syncedBytes(inode: number): number | null
  writable(): boolean
  /** False for a pipe or a device, which nothing makes durable. */
  readonly durable: boolean
  /** Lines that are not on disk. */
  queued(): number
  /** Lines that will not get there, of the present outage. */
  lost(): number
  /** Writes what waits, if it can, and closes the file. */
  close(): Promise<void>
  /** Closes it as it is, once the write that may be under way has ended. */
  abandon(): void
}

interface Waiting {
  readonly bytes: Buffer
  file: OpenFile
  resolve: () => void
  reject: (error: Error) => void
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'UNKNOWN'
const nothing = (): void => {}

/** Opens or creates the file with mode 0600; throws the system's error when that is impossible. */
export function openJournal(options: JournalOptions): Journal {
  const { path } = options
  let current = openFile(path)
  let queue: Waiting[] = []
  let queuedBytes = 0
  let failing = false
  let lostRecords = 0
  let lastLine: string | null = null
  let closing = false
  let closed = false
  let flushing: Promise<void> | null = null

  async function writeBatch(batch: readonly Waiting[], file: OpenFile): Promise<void> {
    const bytes = Buffer.concat(batch.map((waiting) => waiting.bytes))
    await writeAll(bytes, file)
    if (!file.regular) return
    const { size } = fstatSync(file.fd)
    if (size < file.length + bytes.length) file.wasCut = true
    file.length = size
    await syncData(file.fd)
    if (!file.named) await syncDirectoryOf(path)
    file.named = true
    // Less than was written if somebody cut it off meanwhile and was noticed.
    file.size = Math.min(size, file.length)
  }

  async function writeAll(bytes: Buffer, file: OpenFile): Promise<void> {
    file.writing = true
    try {
      for (let at = 0; at < bytes.length; ) {
        const { bytesWritten } = await writeBytes(file.fd, bytes, at, bytes.length - at, null)
        at += bytesWritten
      }
    } finally {
      file.writing = false
    }
  }

  function nextBatch(): Waiting[] {
    const file = queue[0]?.file
    let bytes = 0
    let count = 0
    for (const waiting of queue) {
      if (waiting.file !== file || (count > 0 && bytes + waiting.bytes.length > maxBatchBytes))
        break
      bytes += waiting.bytes.length
      count++
    }
    return queue.slice(0, count)
  }

  function fail(error: unknown): void {
    const code = codeOf(error)
    const failure = new Error(`the audit file cannot be written (${code})`)
    // Read before they are settled: whoever is told of the failure must already find the trail unwritable.
    const first = !failing
    failing = true
    for (const waiting of queue) {
      waiting.reject(failure)
      waiting.resolve = waiting.reject = nothing
    }
    // Later, so that a record about the failure does not slip in before the one that met it.
    if (first) {
      queueMicrotask(() => {
        if (!closed) options.onFailure(code)
      })
    }
    if (!closing) {
      options.after(options.retryMilliseconds, () => {
        if (!closing) void flushAnew()
      })
    }
  }

  /** After an error the end of no file is trusted: each is cut back, and what waits is written again. */
  function repair(): void {
    const named = openFile(path)
    const before = new Set([current, ...queue.map((waiting) => waiting.file)])
    let after: Map<OpenFile, OpenFile>
    try {
      after = new Map([...before].map((file) => [file, afterOutage(file, named)]))
    } catch (error) {
      closeFile(named)
      throw error
    }
    for (const waiting of queue) waiting.file = after.get(waiting.file) ?? named
    current = after.get(current) ?? named
    const kept = new Set(after.values())
    for (const file of [...before, named]) if (!kept.has(file)) closeFile(file)
  }

  function abandon(): void {
    if (closed) return
    closing = closed = true
    for (const waiting of queue) waiting.reject(new Error('the audit file is another’s'))
    const files = new Set([current, ...queue.map((waiting) => waiting.file)])
    queue = []
    queuedBytes = 0
    void Promise.resolve(flushing).then(() => {
      for (const file of files) closeFile(file)
    })
  }

  async function drain(): Promise<void> {
    const recovering = failing
    try {
      // Most of all a repair, which would cut off what another writer has put behind our lines.
      if (!options.ours()) return abandon()
      if (recovering) repair()
      while (queue.length > 0) {
        const batch = nextBatch()
        const file = batch[0]?.file ?? current
        if (file === unopened) return
        if (!options.ours()) return abandon()
        // The batch stays where it is: it is still being written, and not once more.
        const inTime = options.deadline(hungMilliseconds, () => fail({ code: 'ETIMEDOUT' }))
        await writeBatch(batch, file).finally(inTime)
        if (closed) return
        queue = queue.slice(batch.length)
        for (const waiting of batch) {
          queuedBytes -= waiting.bytes.length
          waiting.resolve()
        }
        if (file !== current && queue[0]?.file !== file) closeFile(file)
      }
    } catch (error) {
      fail(error)
      return
    }
    if (recovering) {
      failing = false
      const lost = lostRecords
      lostRecords = 0
      options.onRecovery(lost, lastLine)
    }
  }

  function flush(): Promise<void> {
    // A drain that ends an outage has lines appended; they must find it under way, or two would write the same ones.
    flushing ??= Promise.resolve()
      .then(drain)
      .finally(() => {
        flushing = null
        if (queue.length > 0 && !failing) void flush()
      })
    return flushing
  }

  /** What is under way may have begun before a failure, and repairs nothing. */
  async function flushAnew(): Promise<void> {
    await flushing
    await flush()
  }

  /** What has the path now: undefined if nothing has, null if that cannot be found out, which is an outage. */
  function currentStat(): Stats | undefined | null {
    try {
      return statSync(path, { throwIfNoEntry: false })
    } catch (error) {
      fail(error)
      return null
    }
  }

  /** Goes on in what has the path now; the old file is closed when what waits for it is written. */
  function openNext(): void {
    const old = current
    try {
      current = openFile(path)
    } catch (error) {
      current = unopened
      fail(error)
    }
    if (!queue.some((waiting) => waiting.file === old)) closeFile(old)
  }

  return {
    append(line) {
      const bytes = Buffer.from(`${line}\n`, 'latin1')
      const full =
        queue.length >= options.maxQueuedRecords || queuedBytes + bytes.length > maxQueuedBytes
      // Once a line is lost, those after it would not link to what the file holds.
      if (closed || lostRecords > 0 || (failing && full)) {
        lostRecords++
        return Promise.reject(new Error('the audit file cannot be written'))
      }
      queuedBytes += bytes.length
      current.appended += bytes.length
      lastLine = line
      return new Promise((resolve, reject) => {
        if (failing) {
          // Told at once; the line itself still waits for the end of the outage.
          reject(new Error('the audit file cannot be written'))
          queue.push({ bytes, file: current, resolve: nothing, reject: nothing })
        } else {
          queue.push({ bytes, file: current, resolve, reject })
          void flush()
        }
      })
    },

    beganNewFile() {
      if (failing || closed || !current.regular) return false
      const stat = currentStat()
      if (stat === null) return false
      const same = stat && stat.ino === current.inode && stat.dev === current.device
      // What happens during a write is seen at its end.
      const cut = !current.writing && (stat?.size ?? 0) < current.length
      if (same && !cut && !current.wasCut) return false
      if (same) {
        current.wasCut = false
        if (cut) current.length = stat.size
        current.size = Math.min(current.size, current.length)
        current.appended = current.length
        return 'truncated'
      }
      openNext()
      return 'replaced'
    },

    rotate(closedPath) {
      if (failing || closed || !current.regular) return 'EBUSY'
      try {
        renameSync(path, closedPath)
      } catch (error) {
        return codeOf(error)
      }
      openNext()
      return null
    },

    size: () => current.appended,

    syncedBytes(inode) {
      if (current.inode === inode) return current.size
      return queue.find(({ file }) => file.inode === inode)?.file.size ?? null
    },

    writable: () => !failing && !closed,
    durable: current.regular,
    queued: () => queue.length,
    lost: () => lostRecords,

    async close() {
      if (closing) return
      closing = true
      do await flushAnew()
      while (queue.length > 0 && !failing)
      if (closed) return
      closed = true
      closeFile(current)
    },

    abandon,
  }
}
