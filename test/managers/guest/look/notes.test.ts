// The notes by which a guest says whose it is.

import { expect, test } from 'vitest';
import {
  type Notes,
  parseNotes,
  printNotes,
  repositoryName,
  sameNotes,
} from '../../../../src/managers/guest/look/notes.ts';

const NOTES: Notes = {
  text: 'The gateway.\nAsk the network team.',
  repository: 'https://git.example/infra.git',
  target: 'lxc/101',
  commit: 'a'.repeat(40),
  building: true,
  scripts: 'abc',
};

test('what is printed is read again', () => {
  expect(parseNotes(printNotes(NOTES))).toEqual(NOTES);
  const short = { ...NOTES, text: '', building: false, scripts: null };
  expect(parseNotes(printNotes(short))).toEqual(short);
});

test('notes of somebody else are not ours', () => {
  expect(parseNotes('phoenix-target: lxc/101')).toBeNull();
  expect(parseNotes('')).toBeNull();
});

test('only the last of several stands', () => {
  const copied = printNotes({ ...NOTES, text: printNotes({ ...NOTES, target: 'lxc/900' }) });
  expect(parseNotes(copied)?.target).toBe('lxc/101');
});

test('a new commit alone changes nothing', () => {
  expect(sameNotes(NOTES, { ...NOTES, commit: 'b'.repeat(40) })).toBe(true);
  expect(sameNotes(NOTES, { ...NOTES, text: 'other' })).toBe(false);
  expect(sameNotes(null, NOTES)).toBe(false);
});

test('no password of the repository is written down', () => {
  const origin = { repository: 'https://user:secret@git.example/infra.git', commit: '' };
  expect(repositoryName(origin)).toBe('https://git.example/infra.git');
  expect(repositoryName({ ...origin, repository: 'git@git.example:infra.git' })).toBe('git@git.example:infra.git');
});
