import { open } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Makes the name of a new or renamed file as durable as its content: without it, a power failure may leave neither. */
export async function syncDirectoryOf(path: string): Promise<void> {
  // Windows opens no directories, and needs no such thing.
  if (process.platform === 'win32') return
  const directory = await open(dirname(path), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}
