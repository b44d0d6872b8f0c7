// The ports that a compose file opens on its host, from the short and the long form.

import type { ComposePort } from '../config-services.ts';

/** One TCP port each; what covers a range, or is UDP, is left out: no proxy leads to it. */
export function composePorts(services: Readonly<Record<string, unknown>>): ComposePort[] {
  return Object.entries(services).flatMap(([service, definition]) => {
    const ports = (definition as { readonly ports?: unknown } | null)?.ports;
    if (!Array.isArray(ports)) return [];
    return ports.flatMap((port: unknown): ComposePort[] => {
      const read = typeof port === 'object' && port !== null ? longForm(port) : shortForm(String(port));
      return read === null ? [] : [{ service, ...read }];
    });
  });
}

function longForm(port: object): Omit<ComposePort, 'service'> | null {
  const { target, published, protocol } = port as { target?: unknown; published?: unknown; protocol?: unknown };
  if (target === undefined || (protocol !== undefined && protocol !== 'tcp')) return null;
  return { target: String(target), published: published === undefined ? null : String(published) };
}

/** `80`, `8080:80`, `127.0.0.1:8080:80`, each with `/tcp`; a variable may hold colons of its own. */
function shortForm(port: string): Omit<ComposePort, 'service'> | null {
  const [, body = '', protocol = 'tcp'] = /^(.*?)(?:\/(\w+))?$/s.exec(port) ?? [];
  const parts = (body.match(/(?:\$\{[^}]*\}|\[[^\]]*\]|[^:])+/g) ?? []) as string[];
  const target = parts.at(-1);
  const published = parts.at(-2) ?? null;
  if (target === undefined || protocol !== 'tcp') return null;
  return /^\d+-\d+$/.test(target) ? null : { target, published };
}
