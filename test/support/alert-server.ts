/** The receiver of alerts as a server on this machine. */
import { createServer } from 'node:http'
import { text } from 'node:stream/consumers'
import { AlertReceiver } from './alert-receiver.ts'

export interface AlertServer {
  readonly url: string
  readonly receiver: AlertReceiver
  close(): Promise<void>
}

/** Listens on a free loopback port. */
export async function startAlertServer(): Promise<AlertServer> {
  const receiver = new AlertReceiver()
  const server = createServer(async (request, answer) => {
    const headers = request.headers as Readonly<Record<string, string | undefined>>
    const status = receiver.post({ path: request.url ?? '', headers, text: await text(request) })
    answer.writeHead(status).end()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('The server has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    receiver,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
}
