import pino from 'pino';

/** A structured logger writing JSON lines to stdout; LOG_LEVEL sets the level. Known secret fields are blanked. */
export function createLogger(name: string): pino.Logger {
  return pino({
    name,
    level: process.env.LOG_LEVEL ?? 'info',
    redact: {
      paths: [
        '*.password',
        '*.apiKey',
        '*.secret',
        '*.token',
        'password',
        'apiKey',
        'secret',
        'token',
        '*.headers.authorization',
      ],
      censor: '[redacted]',
    },
  });
}
