// Phoenix's block in a guest's notes, which records its owner, among the notes of people.

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Notes,
  parseNotes,
  printNotes,
  repositoryName,
  sameNotes,
  surroundings,
} from '../../../../src/managers/guest/observe/notes.ts';
import { parseConf, withRawLines } from '../../../../src/managers/guest/proxmox/conf.ts';

const NOTES: Notes = {
  text: 'The gateway.\nAsk the network team.',
  repository: 'https://git.example/infra.git',
  target: 'lxc/101',
  commit: 'a'.repeat(40),
  building: true,
  scripts: 'abc',
};

/** As Phoenix wrote them before it left people's text alone. */
const OLD = [
  'Kept by Phoenix. Change it in the repository, not here.',
  'phoenix-repository: https://git.example/infra.git',
  'phoenix-target: lxc/101',
  `phoenix-commit: ${'a'.repeat(40)}`,
].join('\n');

const OWN: Notes = { ...NOTES, text: '', building: false, scripts: null };

test('what is printed is read again', () => {
  expect(parseNotes(printNotes(NOTES))).toEqual(NOTES);
  const short = { ...NOTES, text: '', building: false, scripts: null };
  expect(parseNotes(printNotes(short))).toEqual(short);
  const restarting = { ...NOTES, restarting: true, description: 'what it is', after: '\n\nmore' };
  expect(parseNotes(printNotes(restarting))).toEqual(restarting);
});

test('it is a block of its own, as Markdown shows it', () => {
  expect(printNotes({ ...OWN, text: '<h1>NAS</h1>', description: 'Holds the films.\n\n- and music' })).toBe(
    [
      '<h1>NAS</h1>',
      '',
      '**Kept by Phoenix.** Change it in the repository, not here.',
      '',
      '> Holds the films.',
      '> ',
      '> - and music',
      '',
      '- phoenix-repository: https://git.example/infra.git',
      '- phoenix-target: lxc/101',
      `- phoenix-commit: ${'a'.repeat(40)}`,
    ].join('\n'),
  );
});

test('notes of somebody else are not ours', () => {
  expect(parseNotes('phoenix-target: lxc/101')).toBeNull();
  expect(parseNotes('')).toBeNull();
  expect(parseNotes('**Kept by Phoenix.** Change it in the repository, not here.\n\nor so they say')).toBeNull();
  expect(parseNotes('Kept by Phoenix. Change it in the repository, not here.\nMy note')).toBeNull();
});

test('of several blocks only the last remains', () => {
  const copied = printNotes({ ...NOTES, text: printNotes({ ...NOTES, target: 'lxc/900' }) });
  expect(parseNotes(copied)?.target).toBe('lxc/101');
});

test('no description is mistaken for the block, whatever its text', () => {
  const forged = printNotes({ ...OWN, target: 'lxc/900' });
  const read = parseNotes(printNotes({ ...OWN, description: forged }));
  expect(read).toEqual({ ...OWN, description: forged });
});

test('a new commit alone changes nothing, and neither does the old form', () => {
  expect(sameNotes(NOTES, { ...NOTES, commit: 'b'.repeat(40) })).toBe(true);
  expect(sameNotes(NOTES, { ...NOTES, text: 'other' })).toBe(false);
  expect(sameNotes(null, NOTES)).toBe(false);
  const old = parseNotes(`What it is for.\n\n${OLD}`);
  expect(old).toEqual({ ...OWN, text: 'What it is for.', old: true });
  expect(sameNotes(old, { ...OWN, text: 'What it is for.' })).toBe(true);
});

describe('what surrounds the block', () => {
  test('a note that equals the declared text is not repeated', () => {
    const text = '# NAS\n\nHolds the films.  \nAnd more.';
    expect(surroundings(text, 'Holds the films.', undefined)).toEqual({ text });
    expect(surroundings(text, 'Holds the', undefined)).toEqual({ text, description: 'Holds the' });
  });

  test('a description that Phoenix wrote in the old form goes with its declaration, a text of people never', () => {
    const old = `For films.\n\n${OLD}`;
    expect(surroundings(old, 'For films.', 'For films.')).toEqual({ text: 'For films.' });
    expect(surroundings(old, 'For music.', 'For films.')).toEqual({ text: '', description: 'For music.' });
    expect(surroundings(old, '', 'For films.')).toEqual({ text: '' });
    expect(surroundings(old, '', 'Another.')).toEqual({ text: 'For films.' });
    const own = printNotes({ ...OWN, text: 'For films.' });
    expect(surroundings(own, '', 'For films.')).toEqual({ text: 'For films.' });
    expect(surroundings(own, 'For music.', 'For films.')).toEqual({ text: 'For films.', description: 'For music.' });
  });

  test('what people wrote after the block stays there', () => {
    const notes = `${printNotes(OWN)}\nchecked in May`;
    expect(surroundings(notes, 'New.', undefined)).toEqual({
      text: '',
      after: '\nchecked in May',
      description: 'New.',
    });
  });
});

const line = fc.oneof(
  fc.constantFrom('', '<div>', '%41', '100 %', 'a: b', 'é\r', '  x  ', '> q', '- phoenix-target: vm/1', '```'),
  fc.string({ unit: 'grapheme', maxLength: 12 }).map((text) => text.replaceAll('\n', '')),
);
const text = fc.array(line, { maxLength: 6 }).map((lines) => lines.join('\n').replace(/\n+$/, ''));

test('fuzz: notes of people survive any number of changes, byte for byte', () => {
  fc.assert(
    fc.property(text, fc.array(text, { maxLength: 3 }), (people, descriptions) => {
      let notes = people;
      for (const description of descriptions) {
        const around = surroundings(notes, description.trim(), undefined);
        notes = printNotes({ ...OWN, ...around });
        expect(parseNotes(notes)).toMatchObject({ text: people, target: 'lxc/101' });
      }
      // Removing the block leaves the rest unchanged.
      if (descriptions.length > 0) expect(parseNotes(notes)?.text).toBe(people);
    }),
  );
});

test('fuzz: notes written into a file are read as they were written', () => {
  fc.assert(
    fc.property(text, (people) => {
      const notes = printNotes({ ...OWN, text: people.toWellFormed() });
      expect(parseConf(withRawLines('arch: amd64\n', [], notes), 'pct').description).toBe(notes);
    }),
  );
});

test('no password of the repository is written', () => {
  const origin = { repository: 'https://user:secret@git.example/infra.git', commit: '' };
  expect(repositoryName(origin)).toBe('https://git.example/infra.git');
  expect(repositoryName({ ...origin, repository: 'git@git.example:infra.git' })).toBe('git@git.example:infra.git');
});
