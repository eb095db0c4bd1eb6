{{- define "assistant.name" -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "assistant.labels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "assistant.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ .image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* A Deployment of one process. Takes root, process (its name in values), image, secrets (bot, actions, rasa), args, port, probes, env. */}}
{{- define "assistant.deployment" -}}
{{- $values := index .root.Values .process -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include "assistant.name" .root }}-{{ .process }}
  labels:
    {{- include "assistant.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .process }}
spec:
  replicas: {{ $values.replicas }}
  selector:
    matchLabels:
      app.kubernetes.io/instance: {{ .root.Release.Name }}
      app.kubernetes.io/component: {{ .process }}
  strategy:
    type: RollingUpdate
    rollingUpdate: {maxUnavailable: 0, maxSurge: 1}
  template:
    metadata:
      labels:
        {{- include "assistant.labels" .root | nindent 8 }}
        app.kubernetes.io/component: {{ .process }}
      annotations:
        checksum/settings: {{ .root.Values.settings | toJson | sha256sum }}
    spec:
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 10001
        runAsGroup: 10001
        fsGroup: 10001
        fsGroupChangePolicy: OnRootMismatch
        seccompProfile: {type: RuntimeDefault}
      {{- with .root.Values.images.pullSecrets }}
      imagePullSecrets:
        {{- range . }}
        - name: {{ . }}
        {{- end }}
      {{- end }}
      {{- with .root.Values.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .root.Values.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app.kubernetes.io/instance: {{ .root.Release.Name }}
              app.kubernetes.io/component: {{ .process }}
      containers:
        - name: {{ .process }}
          image: {{ include "assistant.image" (dict "root" .root "image" .image) | quote }}
          imagePullPolicy: {{ .image.pullPolicy | default "IfNotPresent" }}
          args:
            {{- range .args }}
            - {{ . | quote }}
            {{- end }}
          ports:
            - name: http
              containerPort: {{ .port }}
          envFrom:
            - configMapRef:
                name: {{ include "assistant.name" .root }}
          env:
            {{- range $name, $value := .env }}
            - name: {{ $name }}
              value: {{ $value | quote }}
            {{- end }}
            {{- $secret := .root.Values.secret }}
            {{- range index $secret .secrets }}
            - name: {{ . }}
              valueFrom:
                secretKeyRef: {name: {{ $secret.name }}, key: {{ . }}}
            {{- end }}
            {{- range index $secret (printf "%sOptional" .secrets) }}
            - name: {{ . }}
              valueFrom:
                secretKeyRef: {name: {{ $secret.name }}, key: {{ . }}, optional: true}
            {{- end }}
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities: {drop: [ALL]}
          {{- toYaml .probes | nindent 10 }}
          {{- with $values.resources }}
          resources:
            {{- toYaml . | nindent 12 }}
          {{- end }}
          volumeMounts:
            - {name: data, mountPath: /data}
            - {name: tmp, mountPath: /tmp}
      volumes:
        - name: data
          persistentVolumeClaim:
            claimName: {{ .root.Values.data.existingClaim }}
        - name: tmp
          emptyDir: {}
{{- end }}

{{- define "assistant.service" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "assistant.name" .root }}-{{ .process }}
  labels:
    {{- include "assistant.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .process }}
spec:
  selector:
    app.kubernetes.io/instance: {{ .root.Release.Name }}
    app.kubernetes.io/component: {{ .process }}
  ports:
    - {name: http, port: {{ .port }}, targetPort: http}
{{- end }}
