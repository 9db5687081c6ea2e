/** Linux's numbers for files: types, permission bits, flags of `open`, limits. */

export const S_IFMT: number = 0o170000;
export const S_IFREG: number = 0o100000;
export const S_IFDIR: number = 0o040000;
export const S_IFLNK: number = 0o120000;
export const S_IFCHR: number = 0o020000;
export const S_IFIFO: number = 0o010000;
export const S_IFSOCK: number = 0o140000;
export const S_ISUID: number = 0o4000;
export const S_ISGID: number = 0o2000;
export const S_ISVTX: number = 0o1000;

export const O_ACCMODE: number = 0o3;
export const O_RDONLY: number = 0;
export const O_WRONLY: number = 0o1;
export const O_RDWR: number = 0o2;
export const O_CREAT: number = 0o100;
export const O_EXCL: number = 0o200;
export const O_TRUNC: number = 0o1000;
export const O_APPEND: number = 0o2000;
export const O_DSYNC: number = 0o10000;
export const O_DIRECTORY: number = 0o200000;
export const O_NOFOLLOW: number = 0o400000;
/** `O_SYNC` includes the bit of `O_DSYNC` and one of its own. */
export const O_SYNC: number = 0o4010000;
export const O_PATH: number = 0o10000000;

/** Requested rights, as `access` takes them. */
export const R_OK: number = 4;
export const W_OK: number = 2;
export const X_OK: number = 1;

/** The longest name in a directory, in bytes. */
export const NAME_MAX: number = 255;
/** The longest path, its terminating zero included. */
export const PATH_MAX: number = 4096;
/** How many symbolic links one look-up follows. */
export const SYMLINKS_MAX: number = 40;
/** A page of the page cache and a block of the file system. */
export const PAGE_BYTES: number = 4096;
/** The largest file that ext4 holds with 4 KiB blocks, in bytes. */
export const FILE_BYTES_MAX: number = 16 * 2 ** 40 - PAGE_BYTES;
/** The most hard links to a file on ext4. */
export const LINKS_MAX: number = 65_000;
