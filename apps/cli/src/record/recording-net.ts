import type { Clock, Net } from '@alphapulse/core';
import type { RecordingWriter } from '@alphapulse/recording';

/** A Net that writes everything that goes over it to a recording, in order: frames both ways, connects, HTTP. */
export function recordingNet(net: Net, writer: RecordingWriter, clock: Clock, onFrame: () => void): Net {
  return {
    webSocket: (options, signal) =>
      net.webSocket(
        {
          ...options,
          onOpen: (connection, overlapping) => {
            writer.write({ dir: 'connect', t: clock.nowUs(), endpoint: connection.endpoint });
            const recorded = new Proxy(connection, {
              get(target, name) {
                if (name === 'send') {
                  return (text: string) => {
                    writer.write({ dir: 'out', t: clock.nowUs(), payload: Buffer.from(text), binary: false });
                    target.send(text);
                  };
                }
                const value = Reflect.get(target, name, target);
                return typeof value === 'function' ? value.bind(target) : value;
              },
            });
            options.onOpen(recorded, overlapping);
          },
          onMessage: (connection, payload, origin) => {
            writer.write({ dir: 'in', t: origin.receivedTime, payload, binary: false });
            onFrame();
            options.onMessage(connection, payload, origin);
          },
        },
        signal,
      ),
    http: async (request, signal) => {
      const response = await net.http(request, signal);
      writer.write({
        dir: 'http',
        t: response.origin.receivedTime,
        request: { method: request.method ?? 'GET', url: request.url },
        response: { status: response.status, text: response.body.toString('utf8') },
      });
      onFrame();
      return response;
    },
  };
}
