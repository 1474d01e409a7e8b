import { lines, type Shell, sh } from '../shell.ts';
import type { Owner, Step } from '../step.ts';

/** A text file and what it is on the host. */
export interface FileOptions {
  /** Absolute path. */
  path: string;
  /** The whole text, ending with a newline; or shell that prints it, for what depends on the host, such as its memory. */
  content: string | Shell;
  /** Octal digits without a leading zero; `644` where absent. */
  mode?: string;
  /** `root:root` where absent. */
  owner?: Owner;
  /** Shell that finds the new content in the file `$new` and fails when it is bad: the old file then stays. */
  validate?: Shell;
  /** Shell that makes the new content take effect, such as a reload; where that fails, the file is as before. */
  activate?: Shell;
}

/**
 * A file with this content, mode and owner, replaced in one move.
 * @throws TypeError when the path is not absolute.
 */
export function file(options: FileOptions): Step {
  const { path, content, mode = '644', owner = 'root:root', validate, activate } = options;
  if (!path.startsWith('/')) throw new TypeError(`a file needs an absolute path, not ${path}`);
  return {
    title: `Write ${path}`,
    content,
    ...(typeof content === 'string' && {
      facts: [
        { of: 'path', path, is: 'regular file', mode, owner },
        { of: 'content', path, text: content },
      ],
    }),
    check: sh`$content | is_file ${path} ${mode} ${owner}`,
    diff: sh`diff_file ${path} $content`,
    // The whole content first: a generator that fails half-way must not leave half a file.
    apply: lines(
      sh`new=$work/new; (umask 077; $content >"$new")`,
      ...(validate ? [validate] : []),
      ...(activate
        ? [
            // What has not taken effect is not left to be taken for done by the next run.
            sh`
              rm -f "$work/before"
              [[ ! -f ${path} ]] || cp -- ${path} "$work/before"
              write_file ${path} ${mode} ${owner} <"$new"
              put_back() {
                if [[ -e $work/before ]]; then write_file ${path} ${mode} ${owner} <"$work/before"; else rm -f -- ${path}; fi
              }
              trap put_back EXIT`,
            activate,
            sh`trap - EXIT`,
          ]
        : [sh`write_file ${path} ${mode} ${owner} <"$new"`]),
    ),
  };
}

/** A directory with this mode and owner; what is in it is left alone. */
export function directory(options: { path: string; mode?: string; owner?: Owner }): Step {
  const { path, mode = '755', owner = 'root:root' } = options;
  return {
    title: `Create the directory ${path}`,
    facts: [{ of: 'path', path, is: 'directory', mode, owner }],
    check: sh`[[ -d ${path} ]] && is_owned ${path} ${mode} ${owner}`,
    // (`install` of rust-coreutils 0.8, which Ubuntu 26.04 came with, takes the number of a user only where there is one.)
    apply: lines(
      sh`mkdir -p -- ${path}`,
      sh`chown -- ${owner} ${path}`,
      sh`chmod -- ${mode} ${path}`,
    ),
  };
}
