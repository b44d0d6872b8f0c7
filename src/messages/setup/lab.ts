// What `phoenix lab --forge` says and writes. Pure.

import { printable } from '../printable.ts';

interface Shown {
  /** The repository's page. */
  readonly page: string;
  /** The repository with the token, for `git push`. */
  readonly pushUrl: string;
  readonly token: string;
  /** Where the agent's webhook is. */
  readonly webhook: string;
  /** The file of settings. */
  readonly path: string;
}

export function labForgeLines({ page, pushUrl, token, webhook, path }: Shown): string {
  return [
    'The lab’s forge runs on this machine as long as this command does.',
    `  pages     ${page}   (open them in a browser)`,
    `  clone     git clone ${pushUrl} environment`,
    `  token     ${token}`,
    `  webhook   ${webhook}`,
    `  settings  ${printable(path)}, for phoenix --env-file; a command in this lab has them already`,
    '',
  ].join('\n');
}

/** A file that an agent and a shell read alike. */
export function labSettingsText(settings: Readonly<Record<string, string>>): string {
  const lines = Object.entries(settings).map(([name, value]) => {
    const line = `${name}=${/^[\w@%+=:,./-]*$/.test(value) ? value : `'${value}'`}`;
    return name === 'FORGE' ? `# For you: the page of the repository, and where you push to.\n${line}` : line;
  });
  return `# The settings of an agent that follows the lab’s forge, by \`phoenix lab --forge\`. Delete this file to have new ones.\n${lines.join('\n')}\n`;
}

/** Message and remedy. */
export function portTaken(port: number, path: string): [string, string] {
  return [
    `the port ${port} of the lab’s forge is in use: the forge runs already in another terminal, or another program took its port`,
    `end that one, or delete ${printable(path)} for new ports and clone again`,
  ];
}

/** Message and remedy. A file of settings and a shell have no other quotes in common. */
export function folderUnquotable(folder: string): [string, string] {
  return [
    `the settings of an agent cannot name the folder ${printable(folder)}, which has an apostrophe or a line break`,
    'take a folder with another name for this lab',
  ];
}

/** Message and remedy. */
export function settingsIncomplete(path: string, name: string): [string, string] {
  return [`${printable(path)} has no ${name}`, 'delete the file: the lab then writes a new one'];
}
