// A real Traefik, given and asked what a case says; as a program it records its answers:
//   PHOENIX_TEST_TRAEFIK=/usr/local/bin/traefik node lab/test/traefik/real.ts

import { writeFileSync } from 'node:fs';
import { openTraefikBox, type TraefikBox } from '../../../test/managers/gateway/real-traefik.ts';
import { until } from '../../../test/support/until.ts';
import { type Answers, CASES, comparable, lastWords, RECORDED, type TraefikCase } from './cases.ts';

export async function askReal({ config, files, asks }: TraefikCase): Promise<Answers> {
  const box = await openTraefikBox('10.0.0.12');
  const here = (text: string): string =>
    text
      .replaceAll(`127.0.0.1:${box.api}`, '127.0.0.1:8080')
      .replaceAll(`127.0.0.1:${box.web}`, ':80')
      .replaceAll(`127.0.0.1:${box.websecure}`, ':443')
      .replaceAll(box.dir, '')
      .replaceAll('/served/', '/etc/traefik/');
  try {
    const [first = {}, ...later] = files;
    if (config !== null) box.write('/etc/traefik/traefik.yml', config);
    for (const [name, text] of Object.entries(first)) box.write(`/etc/traefik/dynamic/${name}`, text);
    await box.restart();
    const runs = await until(async () => !box.alive() || (await box.ready())).then(() => box.alive());
    if (!runs) return { words: lastWords(here(box.log())) };
    // It listens before it has its first routes; without its API nobody can see when it has them.
    const end = Date.now() + 3000;
    await until(async () => (await box.ask('/api/rawdata')).body.includes('@file') || Date.now() > end);
    for (const change of later) {
      const before = box.log();
      for (const name of Object.keys(first)) if (!(name in change)) box.remove(`/etc/traefik/dynamic/${name}`);
      // In reverse order: an unreadable file exists before one that it could apply.
      for (const [name, text] of Object.entries(change).reverse()) box.write(`/etc/traefik/dynamic/${name}`, text);
      await settled(box, before);
    }
    const answers: Record<string, unknown> = {};
    for (const asked of asks) {
      const answer = await box.ask(asked).catch(() => null);
      answers[asked] = comparable(asked, answer === null ? null : here(answer.body));
    }
    return answers;
  } finally {
    await box.close();
  }
}

/** Waits until it has read the files: it logged an error, or reports something new; a file without effect is not reported. */
async function settled(box: TraefikBox, before: string): Promise<void> {
  const told = async () => (await box.ask('/api/rawdata')).body;
  const first = await told();
  const end = Date.now() + 5000;
  await until(async () => box.log() !== before || (await told()) !== first || Date.now() > end);
  const last = Date.now() + 2500;
  await until(() => Date.now() > last);
}

if (import.meta.main) {
  const all: Record<string, Answers> = {};
  for (const each of CASES) all[each.name] = await askReal(each);
  writeFileSync(RECORDED, `${JSON.stringify(all, null, 2)}\n`);
}
