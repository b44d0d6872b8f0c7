// A user with a browser without scripts, for tests of the pages: stores cookies, follows links and submits forms.

import { request } from 'node:http';

export interface Shown {
  readonly status: number;
  /** The path that was shown in the end. */
  readonly path: string;
  readonly page: string;
  /** Text of the page, on one line. */
  readonly words: string;
}

export interface Visitor {
  readonly cookies: Map<string, string>;
  visit(path: string): Promise<Shown>;
  /** Submits the form of the button with that name, with these fields. @throws where there is none */
  press(on: Shown, button: string, fields?: Readonly<Record<string, string>>): Promise<Shown>;
  /** Sends a form as no page does. */
  send(
    path: string,
    fields: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
    method?: string,
  ): Promise<Shown>;
}

/** From another machine, through a proxy, by the public name. */
const ELSEWHERE = { host: 'phoenix.example.internal', accept: 'text/html', 'x-forwarded-for': '192.0.2.7' };
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const MAX_STEPS = 5;

/** @param url of the server */
export function visitor(url: string): Visitor {
  const cookies = new Map<string, string>();

  async function once(method: string, path: string, headers: Readonly<Record<string, string>>, body = '') {
    const { hostname, port } = new URL(url);
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const all = { ...ELSEWHERE, ...(cookie === '' ? {} : { cookie }), ...length, ...headers };
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; location: string; page: string }>();
    const sent = request({ hostname, port, path, method, headers: all, agent: false }, async (response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of response) chunks.push(chunk as Buffer);
      for (const each of response.headers['set-cookie'] ?? []) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(each) ?? [];
        if (value === '') cookies.delete(name);
        else cookies.set(name, value);
      }
      const { location = '' } = response.headers;
      resolve({ status: response.statusCode ?? 0, location, page: Buffer.concat(chunks).toString() });
    });
    sent.once('error', reject);
    sent.end(body);
    return promise;
  }

  async function follow(method: string, to: string, headers: Readonly<Record<string, string>>, body?: string) {
    let path = to;
    let got = await once(method, path, headers, body);
    for (let step = 0; got.status === 303 && step < MAX_STEPS; step += 1) {
      const next = new URL(got.location, `http://phoenix${path}`);
      // Links to the forge are not followed.
      if (next.host !== 'phoenix') break;
      path = `${next.pathname}${next.search}`;
      got = await once('GET', path, {});
    }
    return {
      status: got.status,
      path: got.location.startsWith('http') ? got.location : path,
      page: got.page,
      words: wordsOf(got.page),
    };
  }

  const me: Visitor = {
    cookies,
    visit: (path) => follow('GET', path, {}),
    send: (path, fields, headers = {}, method = 'POST') =>
      follow(
        method,
        path,
        { ...FORM, 'sec-fetch-site': 'same-origin', ...headers },
        new URLSearchParams(fields).toString(),
      ),
    press(on, button, fields = {}) {
      const form = [...on.page.matchAll(/<form[^>]*>[\s\S]*?<\/form>/g)]
        .map(([text]) => text)
        .find((text) => [...text.matchAll(/<button[^>]*>([^<]*)/g)].some(([, name]) => name?.trim() === button));
      if (form === undefined) throw new Error(`no button ${button} on: ${on.words}`);
      const [, action = on.path] = /^<form[^>]* action="([^"]*)"/.exec(form) ?? [];
      const hidden = [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)];
      const given = Object.fromEntries(hidden.map(([, name = '', value = '']) => [name, value]));
      const to = new URL(action, `http://phoenix${on.path}`);
      return me.send(to.pathname, { ...given, ...fields });
    },
  };
  return me;
}

function wordsOf(page: string): string {
  return page
    .replace(/<(script|style)[\s\S]*?<\/\1>/g, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replace(/\s+/g, ' ')
    .trim();
}
