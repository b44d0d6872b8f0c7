// What `phoenix init` asks and says, and the README that it writes.

import { printable } from '../printable.ts';

export const QUESTIONS = {
  domain: (usual: string) => `Domain that the names of guests end in [${usual}]: `,
  address: 'Address of the Proxmox host with prefix length, such as 10.0.0.13/24 [not told]: ',
  gateway: 'Gateway of its network, such as 10.0.0.1 [not told]: ',
  container: 'Name of a first container [none]: ',
  storage: 'Storage for its disk [local-lvm]: ',
};

export function initText(dir: string, files: readonly string[]): string {
  return `Wrote ${files.length} files to ${printable(dir)}: ${files.join(', ')}\nWhat to do next stands in ${printable(dir)}/README.md.\n`;
}

export function firstSteps(domain: string): string {
  return `# ${printable(domain)}

What a Proxmox host is to be, as a repository that Phoenix keeps it by.

## The next three steps

1. Say what is to be. Editors complete and check the files of \`etc/\` by the schemas beside them; this names what is wrong, with its line:

   \`\`\`sh
   phoenix validate .
   \`\`\`

2. See what it would do: on a simulated host, or, looking only, on yours:

   \`\`\`sh
   phoenix rehearse .
   phoenix plan . --host ssh://root@pve.example.internal
   \`\`\`

3. Put it under version control, push it, and start the agent with \`PHOENIX_REPO_URL\` naming it:

   \`\`\`sh
   git init --initial-branch main && git add --all && git commit --message "Begin"
   \`\`\`

A host that exists already is described by \`phoenix import --host ssh://root@pve.example.internal --out DIR\` instead.
`;
}

/** Of an answer that makes no valid configuration, before its question is asked again. */
export function askedAgain(message: string, hint: string | null): string {
  return `  ${printable(message)}${hint === null ? '' : `\n  ${printable(hint)}`}\n`;
}

/** Of such an answer where the next line of the input answers the next question. @param field the option that it answers */
export function answerRefused(field: string, message: string, hint: string | null): string {
  return `the answer that --${field} gives too is refused:\n${askedAgain(message, hint)}`;
}

/** @param options those that answer what was left out */
export function inputEnded(options: readonly string[]): string {
  return `standard input ended: left out is what ${options.join(', ')} would say\n`;
}
