/**
 * A relay between an agent and the gateway that notes every request the agent makes. The gateway's own log holds only
 * the calls it decided: what it refuses before, and what an agent tries again, is seen here alone.
 */
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface SeenRequest {
  readonly path: string
  /** A call of the agent's loop offers tools; a title call, a token count and a list of models do not. */
  readonly offersTools: boolean
  /** Since the relay began, in milliseconds. */
  readonly at: number
  /** null: no answer came. */
  status: number | null
}

export interface WatchedGateway {
  readonly url: string
  /** In the order they came. */
  readonly seen: readonly SeenRequest[]
  close(): Promise<void>
}

export async function watchGateway(gatewayUrl: string): Promise<WatchedGateway> {
  const seen: SeenRequest[] = []
  const began = performance.now()
  const server = createServer((incoming, outgoing) => {
    void relay(gatewayUrl, incoming, outgoing, (noted) => {
      seen.push({ ...noted, at: Math.round(performance.now() - began) })
      return seen.at(-1)!
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function relay(
  gatewayUrl: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  note: (noted: Omit<SeenRequest, 'at'>) => SeenRequest,
): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  const path = incoming.url ?? '/'
  const noted = note({ path, status: null, offersTools: offersTools(body) })
  const onward = request(gatewayUrl + path, { method: incoming.method, headers: incoming.headers }, (answer) => {
    noted.status = answer.statusCode ?? null
    outgoing.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
    answer.on('error', () => outgoing.destroy())
    answer.pipe(outgoing)
  })
  onward.on('error', () => outgoing.destroy())
  outgoing.on('close', () => onward.destroy())
  onward.end(body)
}

function offersTools(body: Buffer): boolean {
  try {
    const { tools } = JSON.parse(body.toString()) as { tools?: unknown }
    return Array.isArray(tools) && tools.length > 0
  } catch {
    return false
  }
}
