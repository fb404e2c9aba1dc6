Libraries in this release, and the licences each may be used under. The texts are beside this file, by their SPDX names; what a
library itself says of its licence and its authors is in the folder of its name. The libraries are as their authors published them.

<#list dependencyMap as entry>
<#assign library = entry.getKey()/>
${library.groupId}:${library.artifactId}:${library.version}: ${entry.getValue()?join(" or ")}
</#list>
