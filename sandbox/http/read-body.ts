import '@fastify/multipart'
import type { FastifyRequest } from 'fastify'
import type { Body, UploadedFile } from './exchange.js'

const largestJson = 8 * 1024 * 1024

/** The body of a request, whatever its type; nothing is judged here, since DefectDojo first asks who is there. */
export async function readBody(request: FastifyRequest): Promise<Body> {
  const header = request.headers['content-type'] ?? ''
  const mediaType = header.split(';')[0]?.trim().toLowerCase() ?? ''
  if (mediaType === 'multipart/form-data') return readForm(request)
  const raw = request.body
  if (!(raw instanceof Buffer) || raw.length === 0) {
    return mediaType === 'application/json' ? { kind: 'json', value: {} } : { kind: 'none' }
  }
  if (mediaType === 'application/x-www-form-urlencoded') {
    const fields: Record<string, string[]> = {}
    for (const [name, value] of new URLSearchParams(raw.toString())) {
      fields[name] = [...(fields[name] ?? []), value]
    }
    return { kind: 'form', fields, files: {} }
  }
  if (mediaType !== 'application/json') return { kind: 'unsupported', mediaType: header }
  if (raw.length > largestJson) return { kind: 'oversize' }
  try {
    return { kind: 'json', value: JSON.parse(raw.toString()) as unknown }
  } catch {
    return { kind: 'malformed' }
  }
}

async function readForm(request: FastifyRequest): Promise<Body> {
  const fields: Record<string, string[]> = {}
  const files: Record<string, UploadedFile> = {}
  for await (const part of request.parts()) {
    if (part.type === 'file') {
      files[part.fieldname] = { filename: part.filename, content: await part.toBuffer() }
    } else {
      fields[part.fieldname] = [...(fields[part.fieldname] ?? []), String(part.value)]
    }
  }
  return { kind: 'form', fields, files }
}
