// A node over SSH: equivalent to the local one, with every argument quoted for the remote shell.

import type { Content } from '../../model/action.ts';
import type { Host } from '../../ports/host.ts';
import { openRedactor, type Redactor } from '../redact.ts';
import type { ReadContent } from './content.ts';
import { SYSTEM_PATH } from './local.ts';
import { requester } from './request.ts';
import { secretDigester } from './secret-digests.ts';
import { signer } from './sign/sign.ts';
import { commandRunner, type SshNode, settler } from './ssh-commands.ts';
import { connectSsh, type SshSettings } from './ssh-connection.ts';
import { type NodeAdvice, noSessionAdvice } from './ssh-failure.ts';
import { sshFiles, sshNodeFiles } from './ssh-files.ts';

export interface SshHostOptions extends SshSettings {
  /** Name of the node in Proxmox. */
  readonly node: string;
  readonly contents: ReadContent;
  readonly redactor: Redactor;
  /** Remote folder that stands for `/` in file operations. */
  readonly root?: string;
  /** Remote folder that precedes the system's on PATH. */
  readonly path?: string;
  /** Called with advice for a person, at limited intervals. */
  readonly advise?: (advice: NodeAdvice) => void;
}

/** The user must be root on a Proxmox host, with a POSIX login shell. */
export function sshHost(options: SshHostOptions): Host {
  const { node, target, redactor, root = '', path, advise } = options;
  const searchPath = [...(path === undefined ? [] : [path]), SYSTEM_PATH].join(':');
  const connection = connectSsh(options, searchPath, (said) => advise?.(noSessionAdvice(options, said)));
  const ssh: SshNode = { node, target, connection, redactor, root, searchPath };

  const nodeFiles = sshNodeFiles(ssh);
  const contents = (content: Content) => options.contents(content, nodeFiles);
  const files = sshFiles(ssh, nodeFiles, options.contents);
  const run = commandRunner(ssh, contents, redactor);
  // Without redaction: for output that becomes a secret only by being read.
  const reveal = commandRunner(ssh, contents, openRedactor());
  const { dial } = connection;
  const { readFile, writeFile } = files;
  const request = requester({ dial, contents, redactor, readFile, writeFile });
  return {
    ...files,
    node,
    run,
    settle: settler(ssh),
    request,
    sign: signer({ dial, redactor, request, run, reveal, readFile, writeFile }),
    secretDigests: secretDigester({ contents, readFile, writeFile }),
    close: () => connection.close(),
  };
}
