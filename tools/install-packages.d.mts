/** Whether what the folder's lock file names is installed. `folder` ends in a slash. */
export function isInstalled(folder: string): boolean;
/** Installs what the folder's lock file names, unless it is there. Ends the tool called `name` if npm fails. */
export function installPackages(name: string, folder: string, shown: string): void;
