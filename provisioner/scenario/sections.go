package scenario

// section is how the value of a key of the document is read.
type section struct {
	// list says that the value is a list, or an object of the kind List, whose entries are taken one by one.
	list bool
	take take
}

// sections are the keys of the document.
var sections = map[string]section{
	"name":                   {take: takeName},
	"offerings":              {list: true, take: takeOffering},
	"pods":                   {list: true, take: takePod},
	"nodes":                  {list: true, take: takeNode},
	"csiNodes":               {list: true, take: takeCSINode},
	"daemonSets":             {list: true, take: takeDaemonSet},
	"nodeGroups":             {list: true, take: takeNodeGroup},
	"namespaces":             {list: true, take: takeNamespace},
	"persistentVolumeClaims": {list: true, take: takeClaim},
	"persistentVolumes":      {list: true, take: takeVolume},
	"storageClasses":         {list: true, take: takeStorageClass},
	"attachLimits":           {take: takeAttachLimits},
	"limits":                 {take: takeLimits},
	"policy":                 {take: takePolicy},
}

func takeName(e *element) { e.decode(&e.reader.scenario.Name) }
