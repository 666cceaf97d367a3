/** One event of `text/event-stream`. */
export interface StreamEvent {
  readonly id: string | undefined
  readonly type: string
  readonly data: string
}

/** Reads events as they come; an event that is not whole when the stream ends is none. Comments are left out. */
export async function* eventsOf(stream: AsyncIterable<string>): AsyncGenerator<StreamEvent> {
  let text = ''
  for await (const chunk of stream) {
    text += chunk
    for (let end = text.indexOf('\n\n'); end !== -1; end = text.indexOf('\n\n')) {
      const event = eventIn(text.slice(0, end))
      text = text.slice(end + 2)
      if (event !== undefined) yield event
    }
  }
}

function eventIn(block: string): StreamEvent | undefined {
  const fields = block.split('\n').filter((line) => !line.startsWith(':'))
  if (fields.length === 0) return undefined
  const valuesOf = (name: string): string[] =>
    fields
      .filter((line) => line.startsWith(`${name}:`))
      .map((line) => line.slice(name.length + 1).replace(/^ /, ''))
  return {
    id: valuesOf('id').at(-1),
    type: valuesOf('event').at(-1) ?? 'message',
    data: valuesOf('data').join('\n'),
  }
}
