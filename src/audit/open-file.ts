import { closeSync, fstatSync, ftruncateSync, openSync } from 'node:fs'

/** A file the journal holds open, and how much of it is certain. */
export interface OpenFile {
  readonly fd: number
  readonly inode: number
  readonly device: number
  readonly regular: boolean
  /** Bytes up to the end of the last line known to be on disk. */
  size: number
  /** Its length when it was last looked at with no write under way: it only grows, unless somebody cuts it off. */
  length: number
  /** A write is under way, and nobody knows whether a look at the file would see it. */
  writing: boolean
  /** The same with the lines that wait to get there. */
  appended: number
  /** Whether its name is on disk too. */
  named: boolean
  /** Whether it was found shorter than it should be, and nobody has been told yet. */
  wasCut: boolean
}

/** Stands for a file that is there no more, until there can be another of its name. */
export const unopened: OpenFile = {
  fd: -1,
  inode: -1,
  device: -1,
  regular: false,
  size: 0,
  length: 0,
  writing: false,
  appended: 0,
  named: true,
  wasCut: false,
}

/** Opens or creates the file for appending; throws the system's error when that is impossible. */
export function openFile(path: string): OpenFile {
  // Whoever reads the trail is given the right to; a umask should not decide.
  const fd = openSync(path, 'a', 0o600)
  const stat = fstatSync(fd)
  const { ino: inode, dev: device, size } = stat
  return {
    fd,
    inode,
    device,
    regular: stat.isFile(),
    size,
    length: size,
    writing: false,
    appended: size,
    named: false,
    wasCut: false,
  }
}

/** Closes the handle; without effect on {@link unopened}. */
export function closeFile(file: OpenFile): void {
  if (file !== unopened) closeSync(file.fd)
}

/**
 * The file in which to go on after an outage of `file`, cut back to the last line known to be on disk; `named` is what has the
 * path now. A file that was renamed meanwhile keeps its lines, so that neither chain has a hole. Unless `named` is on another
 * disk: the old one may never take a line again.
 */
export function afterOutage(file: OpenFile, named: OpenFile): OpenFile {
  const isNamed = file.inode === named.inode && file.device === named.device
  const isRenamed =
    !isNamed && file.regular && file.device === named.device && fstatSync(file.fd).nlink > 0
  if (!named.regular || !(isNamed || isRenamed)) return named
  const target = isRenamed ? file : named
  const { size } = fstatSync(target.fd)
  if (size > file.size) ftruncateSync(target.fd, file.size)
  target.size = Math.min(size, file.size)
  target.length = target.appended = target.size
  return target
}
